--- Clients that people use and applications of Microsoft, by id.
return {
  portal = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
  powershell = "1950a258-227b-4e31-a9cf-717495945fc2",
  cli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
  terraform = "04b07795-8ddb-461a-bbee-02f9e1bf7b46", -- Terraform run by a person signs in through the CLI
  visual_studio = "872cd9fa-d31f-45e0-9eab-6e460a02d1f1",
  vscode = "aebc6443-996d-45c2-90f0-388ff96faa56",
  azuread_powershell = "1b730954-1685-4b74-9bfd-dac224a7b894",
  graph_powershell = "14d82eec-204b-4c2f-b7e8-296a70dab67e",
  pim = "01fc33a7-78ba-4d2f-a4b7-768e336e890e",
  backup = "262044b1-e2ce-469f-a196-69ab7ada62d3",
  policy = "1d78a85d-813d-46f0-b496-dd72f50a3ec0",
  aks = "7319c514-987d-4e9b-ac3d-d38c4f427f4c",
  security = "8edd93e1-2103-40b4-bd70-6e34e586362d",
  resource_graph = "509e4652-da8d-478d-a730-e9d4a1996ca4",
}

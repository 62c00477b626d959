--- Clients that people use and applications of Microsoft, by id.
return {
  portal = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
  powershell = "1950a258-227b-4e31-a9cf-717495945fc2",
  cli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
  vscode = "aebc6443-996d-45c2-90f0-388ff96faa56",
  pim = "01fc33a7-78ba-4d2f-a4b7-768e336e890e",
  backup = "262044b1-e2ce-469f-a196-69ab7ada62d3",
  aks = "7319c514-987d-4e9b-ac3d-d38c4f427f4c",
  security = "8edd93e1-2103-40b4-bd70-6e34e586362d",
}

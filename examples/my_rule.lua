-- A rule to copy; docs/writing-rules.md walks through it. Disks leave Azure by a link: whoever has it downloads the
-- disk, secrets and all, without a login. One disk is somebody's backup; many at once are a theft.
rule "CONTOSO_DiskExport" {
  title      = "Several disks made ready for download",
  severity   = "medium",
  confidence = "medium",
  tactics    = { "Exfiltration" },
  techniques = { "T1537" },
  needs      = { "activity" },
  params     = { disks = 3, within = "1h" },

  on    = operation "Microsoft.Compute/*/beginGetAccess/action", -- of disks and of snapshots
  state = { exports = distinct { by = { "principal" }, of = "resource", within = param "within" } },
  burst = { by = { "principal" }, quiet = "2h" },

  about = {
    means   = "One principal asked for download links of several disks.",
    numbers = "Three disks within an hour: a person who moves a machine exports its one or two disks.",
    false_positives = { "a migration to another cloud" },
    evasion = { "one disk an hour", "a copy to a storage account of another tenant" },
  },

  detect = function(act, state, params)
    local exports = state.exports:add(act)
    if exports.distinct < params.disks then return end
    return alert {
      reason("disks_exported", "download links of {disks} disks within {seconds:span}",
        { disks = exports.distinct, seconds = exports.span, threshold = params.disks }),
    }
  end,
}

"""Advice that no test can follow, each with the reason. It is small and may only shrink."""

CLUSTER = "starts programs on the machines of a cluster; tests/engines/test_cluster.py raises it"
INSTALL = "installs software; tests hold the line itself (tests/test_install_lines.py)"
REASONS = {
    "engines/cluster.py:no_scheduler_error": CLUSTER,
    "engines/cluster.py:check_versions": CLUSTER,
    "engines/cluster.py:_check_version": CLUSTER,
    "engines/cluster.py:lost_case_error": CLUSTER,
    "engines/cluster.py:lost_scheduler_error": CLUSTER,
    "engines/cluster.py:import_distributed": INSTALL,
    "engines/pool.py:killed_case_error": "the system kills a process for want of memory",
    "readers/remote_files.py:import_library": INSTALL,
    "readers/remote_files.py:store_error": "a store of the network has to answer",
    "reports/html/browser.py:find_browser": INSTALL,
    "reports/pictures/image_planes.py:read_slice": INSTALL,
    "runtime/spill.py:_full": "a full disk",
    "scoring/case.py:score_case": "a bug is reported to people",
    "scoring/case.py:machine_error": "the machine has no memory or no file handle left",
    "scoring/fingerprint.py:overwrite_error": "another program has to stop writing",
}

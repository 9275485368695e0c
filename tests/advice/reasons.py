"""Advice that no test can follow, each with the reason. It is small and may only shrink."""

CLUSTER = "starts programs on the machines of a cluster; tests/engines/test_cluster.py raises it"
INSTALL = "installs software; tests hold the line itself (tests/test_install_lines.py)"
REASONS = {
    "api/cards.py:card_to_arrow": INSTALL,
    "api/cards.py:card_to_dataframe": INSTALL,
    "engines/cluster.py:no_scheduler_error": CLUSTER,
    "engines/cluster.py:check_versions": CLUSTER,
    "engines/cluster.py:score_in_worker": CLUSTER,
    "engines/cluster.py:killed_result": CLUSTER,
    "engines/cluster.py:_failed": CLUSTER,
    "engines/cluster.py:lost_scheduler_error": CLUSTER,
    "engines/cluster.py:import_distributed": INSTALL,
    "engines/pool.py:killed_case_error": "the system kills a process for want of memory",
    "engines/work.py:check_shared_store": "a store in memory is one of tests alone",
    "readers/pixels.py:_inflated": "a full disk",
    "readers/pixels.py:_stored": "the file becomes shorter while it is read",
    "readers/remote_files.py:missing_library_error": INSTALL,
    "readers/remote_files.py:translate_store_errors": "a store of the network has to answer",
    "reports/html/browser.py:find_browser": INSTALL,
    "reports/parquet.py:find_pyarrow": INSTALL,
    "reports/pictures/series_planes.py:read_slice": INSTALL,
    "runtime/folders.py:list_files": "a root of millions of files; that of a system is in misc",
    "runtime/spill.py:_full": "a full disk",
    "runtime/unpacked_file.py:check_disk_room": "a full disk",
    "scoring/case.py:account_case": "a bug is reported to people",
    "scoring/unscored_case.py:machine_error": "the machine has no memory or no file handle left",
    "scoring/fingerprint.py:overwrite_error": "another program has to stop writing",
}

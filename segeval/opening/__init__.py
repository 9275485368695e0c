"""The files of a case as two volumes on one grid."""

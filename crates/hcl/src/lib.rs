//! HCL 1 and JSON, read into one tree with positions.

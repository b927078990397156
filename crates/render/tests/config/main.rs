//! The configuration, held against what consul-template 0.40 itself makes of the same command lines, files and
//! variables, and against rules of its own.

mod declared;
mod faults;
mod merging;
mod observed;
mod projection;
mod world;

//! The template functions that need nothing but their arguments: consul-template's helpers and the sprig set.

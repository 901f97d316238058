/*! Two-stage scanning. */
pub struct Scanner;

//! The statements of the organisation's directory.

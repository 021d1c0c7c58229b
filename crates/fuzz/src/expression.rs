//! The mapping language: any text is read or refused.

/// Checks one text.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = expression::Expression::parse(text);
}

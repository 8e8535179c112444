use std::net::SocketAddr;

/// An address to listen on: an IP address and a port.
///
/// # Errors
///
/// Any other text; the error says what to write instead.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|error| format!("{error}; write an IP address and a port, such as 127.0.0.1:7070 or [::1]:0"))
}

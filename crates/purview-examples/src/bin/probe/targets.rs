use std::{
    fmt,
    fs::File,
    io::{self, Read},
    net::SocketAddr,
    path::Path,
};

use crate::loopback::Role;

/// A `host:port` to probe.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// What it is there to show, if it is a listener of our own.
    pub(crate) role: Option<Role>,
}

impl Target {
    pub(crate) fn loopback(at: SocketAddr, role: Role) -> Self {
        Self {
            host: at.ip().to_string(),
            port: at.port(),
            role: Some(role),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let is_allowed = |c: char| c.is_alphanumeric() || ".-_:%[]".contains(c);
        if let Some(bad) = text.chars().find(|c| !is_allowed(*c)) {
            return Err(format!("{bad:?} is not part of host:port; leave out scheme and path"));
        }
        let (host, port) = text.rsplit_once(':').ok_or("no port; write host:port")?;
        let bare = match host.strip_prefix('[') {
            Some(bracketed) => bracketed.strip_suffix(']').ok_or("the bracket `[` is never closed")?,
            None if host.contains(':') => {
                return Err("more than one `:`; write an IPv6 address in brackets, such as [::1]:80".into());
            }
            None => host,
        };
        if bare.is_empty() {
            return Err("no host before the `:`".into());
        }
        match port.parse() {
            Ok(0) => Err("port 0 cannot be connected to".into()),
            Ok(port) => Ok(Self {
                host: bare.into(),
                port,
                role: None,
            }),
            Err(_) => Err(format!("{port:?} is not a port; ports are 1 to 65535")),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A line that names no target, and why.
#[derive(Debug)]
pub(crate) struct BadLine {
    pub(crate) number: usize,
    pub(crate) text: String,
    pub(crate) reason: String,
}

/// Everything in `file`, or on stdin where it is `-`.
pub(crate) fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        File::open(file)?.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// The targets in `bytes`, one a line, and the lines that are none. Blank lines and `#` comments are neither.
pub(crate) fn parse(bytes: &[u8]) -> (Vec<Target>, Vec<BadLine>) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let (mut targets, mut bad) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let text = String::from_utf8_lossy(line);
        let parsed = match text.split('#').next().unwrap_or_default().trim() {
            "" => continue,
            _ if std::str::from_utf8(line).is_err() => Err("not UTF-8 text".into()),
            entry => Target::parse(entry),
        };
        match parsed {
            Ok(target) => targets.push(target),
            Err(reason) => bad.push(BadLine {
                number,
                text: text.trim().chars().take(60).collect(),
                reason,
            }),
        }
    }
    (targets, bad)
}

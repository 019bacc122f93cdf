//! One connection: what it sends, and when it has its answer.

use std::time::Instant;

use crate::args::Load;

/// Most bytes of a response; the programs under test say hello.
const RESPONSE_MAX: usize = 16 * 1024;

/// The request and where the answer to it stands.
#[derive(Debug)]
pub struct Connection {
    pub request: Vec<u8>,
    pub response: Vec<u8>,
    /// Bytes of the answer that have come.
    pub received: usize,
    /// Bytes of the request that have gone.
    pub sent: usize,
    pub asked_at: Instant,
    is_http: bool,
}

impl Connection {
    pub fn new(load: &Load) -> Self {
        let (request, is_http, room) = match load {
            Load::Echo(size) => (vec![b'x'; *size], false, *size),
            Load::Http(path) => {
                let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
                (request.into_bytes(), true, RESPONSE_MAX)
            }
        };
        Self {
            request,
            response: vec![0; room],
            received: 0,
            sent: 0,
            asked_at: Instant::now(),
            is_http,
        }
    }

    /// Starts over.
    pub fn ask(&mut self) {
        self.sent = 0;
        self.received = 0;
        self.asked_at = Instant::now();
    }

    /// Whether the whole answer is here.
    pub fn is_answered(&self) -> Result<bool, String> {
        if !self.is_http {
            return Ok(self.received == self.request.len());
        }
        let answer = &self.response[..self.received];
        let Some(head) = find(answer, b"\r\n\r\n") else {
            return Ok(false);
        };
        let head_text = std::str::from_utf8(&answer[..head]).map_err(|e| e.to_string())?;
        if !head_text.starts_with("HTTP/1.1 200") {
            return Err(format!("not a 200: {head_text}"));
        }
        let length = head_text
            .lines()
            .find_map(content_length)
            .ok_or("no Content-Length")?;
        Ok(self.received == head + 4 + length)
    }
}

fn content_length(line: &str) -> Option<usize> {
    let (name, value) = line.split_once(':')?;
    name.eq_ignore_ascii_case("content-length")
        .then(|| value.trim().parse().ok())?
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_ends_where_its_length_says() {
        let mut connection = Connection::new(&Load::Http("/".into()));
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
        connection.response[..answer.len()].copy_from_slice(answer);
        connection.received = answer.len() - 1;
        assert_eq!(connection.is_answered(), Ok(false));
        connection.received = answer.len();
        assert_eq!(connection.is_answered(), Ok(true));
    }
}

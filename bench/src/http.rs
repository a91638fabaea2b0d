//! One kept-alive HTTP/1.1 connection that counts what goes over it. A library client would hide its
//! own headers and cost more than the servers measured, which share the machine with it.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More headers than any server here sends.
const HEADERS_MAX: usize = 64;

/// A connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes written so far, heads included.
    pub sent_bytes: u64,
    /// Bytes read so far, heads included.
    pub received_bytes: u64,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    /// The head as it came.
    pub head: Vec<u8>,
    /// The body without its transfer encoding, its content encoding left as it came.
    pub body: Vec<u8>,
    /// Of the body: `br`, `gzip` or nothing.
    pub encoding: String,
}

impl Answer {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Response::new(&mut headers);
        parsed.parse(&self.head).ok()?;
        header(&parsed, name).map(str::to_owned)
    }

    /// The body as text, for messages.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there is no answer where its head had come.
#[derive(Clone, Copy, Debug)]
pub struct BrokeOff;

impl std::fmt::Display for BrokeOff {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the answer broke off")
    }
}

/// How the body of an answer ends.
#[derive(Clone, Copy)]
enum Length {
    Bytes(usize),
    Chunked,
}

impl Connection {
    /// # Errors
    /// When nobody listens.
    pub async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
            sent_bytes: 0,
            received_bytes: 0,
        })
    }

    /// Sends a whole request and reads its answer.
    ///
    /// # Errors
    /// When the connection breaks or something else than HTTP comes.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await.context("sending")?;
        self.sent_bytes += request.len() as u64;
        let (head_bytes, mut answer, length) = loop {
            if let Some(read) = read_head(&self.buffer)? {
                break read;
            }
            self.read_more().await?;
        };
        self.buffer.drain(..head_bytes);
        answer.body = self.read_body(length).await.context(BrokeOff)?;
        Ok(answer)
    }

    async fn read_body(&mut self, length: Length) -> Result<Vec<u8>> {
        match length {
            Length::Bytes(length) => {
                while self.buffer.len() < length {
                    self.read_more().await?;
                }
                Ok(self.buffer.drain(..length).collect())
            }
            Length::Chunked => self.read_chunks().await,
        }
    }

    async fn read_chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            match httparse::parse_chunk_size(&self.buffer) {
                Ok(httparse::Status::Complete((line_bytes, size))) => {
                    let size = usize::try_from(size).context("a chunk")?;
                    // The line break after it counts.
                    while self.buffer.len() < line_bytes + size + 2 {
                        self.read_more().await?;
                    }
                    body.extend_from_slice(&self.buffer[line_bytes..line_bytes + size]);
                    self.buffer.drain(..line_bytes + size + 2);
                    if size == 0 {
                        return Ok(body);
                    }
                }
                Ok(httparse::Status::Partial) => self.read_more().await?,
                Err(_) => bail!("a chunk cannot be read"),
            }
        }
    }

    async fn read_more(&mut self) -> Result<()> {
        let count = self
            .stream
            .read_buf(&mut self.buffer)
            .await
            .context("reading")?;
        if count == 0 {
            bail!("the server closed the connection");
        }
        self.received_bytes += count as u64;
        Ok(())
    }
}

fn read_head(bytes: &[u8]) -> Result<Option<(usize, Answer, Length)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head_bytes) = parsed.parse(bytes).context("reading a head")?
    else {
        return Ok(None);
    };
    let is_chunked = header(&parsed, "transfer-encoding")
        .is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let length = match header(&parsed, "content-length") {
        _ if is_chunked => Length::Chunked,
        Some(length) => Length::Bytes(length.parse().context("a content length")?),
        None => Length::Bytes(0),
    };
    let answer = Answer {
        status: parsed.code.unwrap_or_default(),
        head: bytes[..head_bytes].to_vec(),
        body: Vec::new(),
        encoding: header(&parsed, "content-encoding")
            .unwrap_or_default()
            .to_owned(),
    };
    Ok(Some((head_bytes, answer, length)))
}

fn header<'a>(parsed: &httparse::Response<'_, 'a>, name: &str) -> Option<&'a str> {
    parsed
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name))
        .and_then(|header| std::str::from_utf8(header.value).ok())
}

/// A request with a JSON body. `headers` are whole lines, each with its line break.
pub fn json_request(
    method: &str,
    path: &str,
    host: SocketAddr,
    headers: &str,
    body: &[u8],
) -> Vec<u8> {
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\n{headers}content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// A request without a body.
pub fn get_request(path: &str, host: SocketAddr, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{headers}\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// What a client reads and counts of `answers`, written a few bytes at a time.
    async fn read(answers: &'static [&'static [u8]]) -> Vec<(u16, String, u64)> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            for answer in answers {
                let mut request = [0; 5];
                stream.read_exact(&mut request).await.expect("asked");
                for part in answer.chunks(7) {
                    stream.write_all(part).await.expect("sent");
                    stream.flush().await.expect("sent");
                }
            }
        });
        let mut connection = Connection::open(address).await.expect("connected");
        let mut seen = Vec::new();
        for _ in answers {
            let answer = connection.exchange(b"hello").await.expect("an answer");
            seen.push((answer.status, answer.text(), connection.received_bytes));
        }
        assert_eq!(connection.sent_bytes, 5 * answers.len() as u64);
        seen
    }

    #[tokio::test]
    async fn bodies_of_known_and_unknown_length_are_read_and_every_byte_is_counted() {
        let answers: &[&[u8]] = &[
            b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
            b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n",
            b"HTTP/1.1 204 No Content\r\n\r\n",
        ];
        let first = answers[0].len() as u64;
        let second = first + answers[1].len() as u64;
        let third = second + answers[2].len() as u64;
        assert_eq!(
            read(answers).await,
            [
                (200, "abc".to_owned(), first),
                (201, "abcdef".to_owned(), second),
                (204, String::new(), third)
            ]
        );
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_is_told_from_one_that_never_began() {
        for (answer, began) in [
            (&b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab"[..], true),
            (b"HTTP/1.1 200 OK\r\ncontent-le", false),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
            let address = listener.local_addr().expect("an address");
            let server = tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.expect("a client");
                stream.read_exact(&mut [0; 5]).await.expect("asked");
                stream.write_all(answer).await.expect("sent");
            });
            let mut connection = Connection::open(address).await.expect("connected");
            let Err(error) = connection.exchange(b"hello").await else {
                panic!("half an answer is none");
            };
            assert_eq!(error.is::<BrokeOff>(), began, "{error:#}");
            server.await.expect("no panic");
        }
    }
}

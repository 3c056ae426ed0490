//! `cargo xtask serve`: a small static server for `dist/`, on this machine only.
//!
//! It does what any static host does and no more, so that the page cannot come to depend on it: no headers that
//! a visitor's browser would need, no rewriting. One thread per connection, one request per connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use std::{fs, io, thread};

use crate::Outcome;
use crate::checkout::Checkout;
use crate::dist;
use crate::options::Options;

/// Longer than any request line a browser sends for this page.
const HEAD_LIMIT: u64 = 64 * 1024;

/// `cargo xtask serve`.
pub(crate) fn task(checkout: &Checkout, options: &mut Options) -> Outcome {
    let port = options.number("port", 8000)?;
    let prefix = options.take("prefix").unwrap_or_default();
    options.finish()?;
    // Taken before the build, so that a busy port is told at once and not minutes later.
    let listener = listen(port)?;
    let mut early = None;
    let built = dist::build_and_show(checkout, |first| {
        let again =
            listener.try_clone().map_err(|why| format!("the port cannot be shared: {why}"))?;
        let server = Server::start(again, first, &prefix)?;
        println!(
            "\nThe page is open on this machine already, on the CPU alone; the rest is on its way.\n{}\n",
            server.url
        );
        early = Some(server);
        Ok(())
    })?;
    if let Some(server) = early {
        server.turn_to(&built.shipped)?;
        println!("\nAll of the page is there: load it again. Ctrl-C ends it.\n{}", server.url);
    } else {
        let Server { url, .. } = Server::start(listener, &built.shipped, &prefix)?;
        println!("\nThe page is open on this machine; Ctrl-C ends it.\n{url}");
    }
    loop {
        thread::park();
    }
}

/// A server that runs until the process ends.
pub(crate) struct Server {
    /// Where its `index.html` is.
    pub(crate) url: String,
    site: Arc<Site>,
}

impl Server {
    /// Serves `root` below `prefix` on a port that was free.
    pub(crate) fn on_free_port(root: &Path, prefix: &str) -> Outcome<Self> {
        Self::start(listen(0)?, root, prefix)
    }

    fn start(listener: TcpListener, root: &Path, prefix: &str) -> Outcome<Self> {
        let root = RwLock::new(canonical(root)?);
        let address =
            listener.local_addr().map_err(|why| format!("the server has no address: {why}"))?;
        let site = Arc::new(Site { root, prefix: slashed(prefix) });
        let url = format!("http://{address}{}", site.prefix);
        let served = Arc::clone(&site);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let site = Arc::clone(&served);
                // A browser that hangs up in the middle is no event.
                thread::spawn(move || drop(site.answer(&stream)));
            }
        });
        Ok(Self { url, site })
    }

    /// Serves another folder from now on.
    fn turn_to(&self, root: &Path) -> Outcome {
        *self.site.root.write().unwrap_or_else(PoisonError::into_inner) = canonical(root)?;
        Ok(())
    }
}

fn canonical(root: &Path) -> Outcome<PathBuf> {
    root.canonicalize().map_err(|why| format!("{} cannot be served: {why}", root.display()))
}

fn listen(port: u16) -> Outcome<TcpListener> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpListener::bind(address).map_err(|why| match why.kind() {
        io::ErrorKind::AddrInUse => {
            format!(
                "port {port} is taken by another program; choose another with --port {}",
                port.saturating_add(1)
            )
        }
        _ => format!("port {port} cannot be opened: {why}"),
    })
}

/// A directory of files below a path prefix.
struct Site {
    root: RwLock<PathBuf>,
    prefix: String,
}

/// What a request gets.
#[derive(Debug, PartialEq, Eq)]
enum Reply {
    File(PathBuf),
    Redirect(String),
    NotFound,
    NotAllowed,
}

impl Site {
    fn root(&self) -> PathBuf {
        self.root.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answer(&self, stream: &TcpStream) -> io::Result<()> {
        // Browsers open sockets ahead of need; a silent one must not keep its thread for ever.
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut head = BufReader::new(stream.take(HEAD_LIMIT));
        let mut request = String::new();
        head.read_line(&mut request)?;
        let mut header = String::new();
        while head.read_line(&mut header)? > 2 {
            header.clear();
        }
        let mut words = request.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let reply = match method {
            "" => return Ok(()),
            "GET" | "HEAD" => self.find(target),
            _ => Reply::NotAllowed,
        };
        send(stream, &reply, method == "HEAD")
    }

    /// The file for a request's target, percent-decoded, query dropped, never outside the root.
    fn find(&self, target: &str) -> Reply {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        if format!("{path}/") == self.prefix && path != "/" {
            return Reply::Redirect(self.prefix.clone());
        }
        let Some(path) = path.strip_prefix(&self.prefix).and_then(percent_decoded) else {
            return Reply::NotFound;
        };
        let odd = |part: &str| part.starts_with('.') || part.contains(['\\', ':', '\0']);
        if path.starts_with('/') || path.split('/').any(odd) {
            return Reply::NotFound;
        }
        let file =
            if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path };
        let root = self.root();
        match root.join(file).canonicalize() {
            // Canonical, so that a link cannot lead out either.
            Ok(file) if file.is_file() && file.starts_with(&root) => Reply::File(file),
            _ => Reply::NotFound,
        }
    }
}

fn send(mut stream: &TcpStream, reply: &Reply, head_only: bool) -> io::Result<()> {
    let (status, kind, body) = match reply {
        Reply::File(file) => ("200 OK", media_type(file), fs::read(file)?),
        Reply::Redirect(_) => ("301 Moved Permanently", TEXT, Vec::new()),
        Reply::NotFound => ("404 Not Found", TEXT, b"There is no such file here.\n".to_vec()),
        Reply::NotAllowed => {
            ("405 Method Not Allowed", TEXT, b"Only GET and HEAD are answered.\n".to_vec())
        }
    };
    let mut head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n",
        body.len()
    );
    if let Reply::Redirect(to) = reply {
        head += &format!("Location: {to}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    if !head_only {
        stream.write_all(&body)?;
    }
    stream.flush()
}

const TEXT: &str = "text/plain; charset=utf-8";

/// Streaming compilation insists on `application/wasm`, module scripts on a JavaScript type.
fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "txt" | "md" => TEXT,
        _ => "application/octet-stream",
    }
}

/// `/`, or `/a/b/`, from anything close to it.
fn slashed(prefix: &str) -> String {
    let inner = prefix.trim_matches('/');
    if inner.is_empty() { "/".to_owned() } else { format!("/{inner}/") }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(name: &str, prefix: &str) -> Site {
        let root =
            std::env::temp_dir().join(format!("phi-psi-serve-{name}-{}", std::process::id()));
        fs::create_dir_all(root.join("www")).unwrap();
        fs::write(root.join("index.html"), "<p>φ·ψ</p>").unwrap();
        fs::write(root.join("www/a b.js"), "export {}").unwrap();
        Site { root: RwLock::new(root.canonicalize().unwrap()), prefix: slashed(prefix) }
    }

    #[test]
    fn files_are_found_below_the_prefix_only() {
        let site = site("find", "sub/path");
        let index = Reply::File(site.root().join("index.html"));
        assert_eq!(site.find("/sub/path/"), index);
        assert_eq!(site.find("/sub/path/?backend=cpu"), index);
        assert_eq!(
            site.find("/sub/path/www/a%20b.js"),
            Reply::File(site.root().join("www/a b.js"))
        );
        assert_eq!(site.find("/sub/path"), Reply::Redirect("/sub/path/".to_owned()));
        assert_eq!(site.find("/"), Reply::NotFound);
        assert_eq!(site.find("/sub/path/www"), Reply::NotFound);
        fs::remove_dir_all(site.root()).unwrap();
    }

    #[test]
    fn no_path_leads_out_of_the_root() {
        let site = site("out", "/");
        for target in [
            "/../Cargo.toml",
            "/%2e%2e/Cargo.toml",
            "/www/..%2f..%2fx",
            "//etc/passwd",
            "/..\\x",
            "/%00",
            "/%zz",
        ] {
            assert_eq!(site.find(target), Reply::NotFound, "{target}");
        }
        fs::remove_dir_all(site.root()).unwrap();
    }

    #[test]
    fn a_browser_gets_the_bytes_and_their_type() {
        let site = site("bytes", "/p/");
        let server = Server::on_free_port(&site.root(), "/p/").unwrap();
        let authority = server.url.strip_prefix("http://").unwrap().split('/').next().unwrap();
        let ask = |request: &str| {
            let mut stream = TcpStream::connect(authority).unwrap();
            stream.write_all(format!("{request}\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
            let mut reply = String::new();
            stream.read_to_string(&mut reply).unwrap();
            reply
        };
        let page = ask("GET /p/ HTTP/1.1");
        assert!(page.starts_with("HTTP/1.1 200 OK") && page.ends_with("<p>φ·ψ</p>"), "{page}");
        assert!(page.contains("Content-Type: text/html"), "{page}");
        let other = self::site("bytes-other", "/p/");
        fs::write(other.root().join("index.html"), "<p>all</p>").unwrap();
        server.turn_to(&other.root()).unwrap();
        assert!(ask("GET /p/ HTTP/1.1").ends_with("<p>all</p>"), "another folder from then on");
        fs::remove_dir_all(other.root()).unwrap();
        assert!(ask("HEAD /p/ HTTP/1.1").ends_with("\r\n\r\n"));
        assert!(ask("GET /p/none.js HTTP/1.1").starts_with("HTTP/1.1 404"));
        assert!(ask("POST /p/ HTTP/1.1").starts_with("HTTP/1.1 405"));
        fs::remove_dir_all(site.root()).unwrap();
    }

    #[test]
    fn a_taken_port_is_named() {
        let taken = listen(0).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(listen(port).unwrap_err().contains(&format!("port {port} is taken")));
    }

    #[test]
    fn wasm_is_served_as_wasm() {
        assert_eq!(media_type(Path::new("a/phi_psi_bg.wasm")), "application/wasm");
        assert_eq!(media_type(Path::new("a/main.js")), "text/javascript; charset=utf-8");
        assert_eq!(media_type(Path::new("weights.safetensors")), "application/octet-stream");
    }
}

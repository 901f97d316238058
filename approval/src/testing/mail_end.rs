//! A small SMTP server. It keeps what it got and refuses what it is told to.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

#[derive(Clone, Debug, Default)]
pub struct Letter {
    pub tls: bool,
    pub login: String,
    pub from: String,
    pub to: Vec<String>,
    /// As it came, dots taken away.
    pub text: String,
}

#[derive(Clone, Default)]
pub struct Manner {
    /// From the first byte, or offered.
    pub tls: Option<(Arc<ServerConfig>, bool)>,
    /// The answer to one command, instead of its own: `("RCPT", "550 no")`. An empty one is none, ever.
    pub says: Option<(&'static str, &'static str)>,
}

pub struct MailEnd {
    pub port: u16,
    letters: watch::Receiver<Vec<Letter>>,
}

impl MailEnd {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, letters) = watch::channel(Vec::new());
        let sender = Arc::new(sender);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, manner.clone(), sender.clone()));
            }
        });
        Self { port, letters }
    }

    pub fn letters(&self) -> Vec<Letter> {
        self.letters.borrow().clone()
    }

    /// Once there are so many.
    pub async fn got(&self, count: usize) -> Vec<Letter> {
        let mut letters = self.letters.clone();
        let enough = letters.wait_for(|all| all.len() >= count);
        let enough = tokio::time::timeout(std::time::Duration::from_secs(30), enough).await;
        enough.expect("the letters come").unwrap().clone()
    }
}

type Letters = Arc<watch::Sender<Vec<Letter>>>;

async fn serve(stream: TcpStream, manner: Manner, letters: Letters) {
    let mut letter = Letter::default();
    let Some((config, at_once)) = manner.tls.clone() else {
        talk(BufReader::new(stream), &manner, &mut letter, &letters, true).await;
        return;
    };
    let acceptor = TlsAcceptor::from(config);
    let mut stream = BufReader::new(stream);
    if !at_once && !talk(&mut stream, &manner, &mut letter, &letters, true).await {
        return;
    }
    let Ok(stream) = acceptor.accept(stream.into_inner()).await else { return };
    letter = Letter { tls: true, ..Letter::default() };
    talk(BufReader::new(stream), &manner, &mut letter, &letters, at_once).await;
}

/// Whether it ended with STARTTLS.
async fn talk(
    mut stream: impl AsyncBufRead + AsyncWrite + Unpin,
    manner: &Manner,
    letter: &mut Letter,
    letters: &Letters,
    greet: bool,
) -> bool {
    if greet && say(&mut stream, "220 mail.example").await.is_err() {
        return false;
    }
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return false;
        }
        let command = line.trim_end();
        let word = command.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        let answer = match (&manner.says, word.as_str()) {
            (Some((which, "")), word) if *which == word => std::future::pending().await,
            (Some((which, answer)), word) if *which == word => answer.to_string(),
            (_, "EHLO") => {
                let starttls = manner.tls.is_some() && !letter.tls;
                let more = if starttls { "250-STARTTLS\r\n" } else { "" };
                format!("250-mail.example\r\n{more}250-AUTH PLAIN\r\n250 8BITMIME")
            }
            (_, "STARTTLS") => {
                say(&mut stream, "220 go on").await.unwrap();
                return true;
            }
            (_, "AUTH") => {
                letter.login = command.to_owned();
                "235 welcome".into()
            }
            (_, "MAIL") => {
                letter.from = command.to_owned();
                "250 ok".into()
            }
            (_, "RCPT") => {
                letter.to.push(command.to_owned());
                "250 ok".into()
            }
            (_, "DATA") => {
                say(&mut stream, "354 go on").await.unwrap();
                letter.text = data(&mut stream).await;
                letters.send_modify(|all| all.push(letter.clone()));
                "250 kept".into()
            }
            (_, "QUIT") => "221 bye".into(),
            _ => "502 what?".into(),
        };
        if say(&mut stream, &answer).await.is_err() {
            return false;
        }
    }
}

async fn data(stream: &mut (impl AsyncBufRead + Unpin)) -> String {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).await.unwrap() > 0, "the letter ends");
        match line.strip_prefix('.') {
            Some("\r\n") => return text,
            Some(rest) => text.push_str(rest),
            None => text.push_str(&line),
        }
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), answer: &str) -> std::io::Result<()> {
    stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    stream.flush().await
}

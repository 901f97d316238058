/*! What `--upstream`, `--kind`, `--section` and `--credential` say, checked and put together. */

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use policy::call::Kind;
use url::Url;

#[derive(Clone, Debug)]
pub struct Upstream {
    /// `/`, or segments that start with `/` and do not end with it.
    pub prefix: String,
    pub kind: Kind,
    /// Of the bundle, whose rules are meant for it.
    pub sections: Vec<String>,
    pub target: Target,
    pub credential: Option<Credential>,
}

/// Where calls go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub https: bool,
    /// A name or an address; IPv6 in brackets.
    pub host: String,
    pub port: u16,
    path: String,
}

/// A file with the upstream's credential. Only its first word is ever looked at here.
#[derive(Clone, Debug)]
pub struct Credential {
    pub file: PathBuf,
    /// Whether it is a whole header value, such as `Basic ...`, or a bare token.
    pub has_scheme: bool,
}

impl Target {
    pub fn parse(text: &str) -> Result<Target> {
        let url = Url::parse(text).with_context(|| {
            format!("`{}` is not a URL; write for example http://127.0.0.1:8080/mcp", shown(text))
        })?;
        let https = match url.scheme() {
            "http" => false,
            "https" => true,
            other => bail!("an upstream is reached by http or https, not by `{other}`"),
        };
        ensure!(
            url.username().is_empty() && url.password().is_none(),
            "a URL with a user or password shows it to everybody; use --credential PREFIX=FILE"
        );
        ensure!(
            url.query().is_none() && url.fragment().is_none(),
            "an upstream's URL ends with its path: no query, no fragment"
        );
        let host = url.host_str().context("an upstream's URL needs a host")?.to_owned();
        let port = url.port_or_known_default().context("an upstream's URL needs a port")?;
        Ok(Target { https, host, port, path: url.path().to_owned() })
    }

    /// `Host` as the upstream expects it: the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let own = if self.https { 443 } else { 80 };
        if self.port == own { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// The path that takes the place of the prefix, in the same form.
    pub fn base(&self) -> &str {
        segments(&self.path)
    }

    /// Path and all, as it was given.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// Joins the options. Every kind, section and credential must belong to an upstream.
pub fn assemble(
    upstreams: &[String],
    kinds: &[String],
    sections: &[String],
    credentials: &[String],
) -> Result<Vec<Upstream>> {
    let mut assembled: Vec<Upstream> = Vec::new();
    for text in upstreams {
        let (prefix, url) = split(text)?;
        ensure!(
            assembled.iter().all(|other| other.prefix != prefix),
            "prefix `{prefix}` leads to two upstreams"
        );
        let target = Target::parse(url)?;
        let (kind, sections) = (Kind::Auto, Vec::new());
        assembled.push(Upstream { prefix, kind, sections, target, credential: None });
    }
    for text in kinds {
        let (prefix, kind) = split(text)?;
        find(&mut assembled, &prefix)?.kind = match kind {
            "mcp" => Kind::Mcp,
            "openai" => Kind::Openai,
            "http" => Kind::Http,
            other => bail!("`{other}` is not a kind; use mcp, openai or http"),
        };
    }
    for text in sections {
        let (prefix, name) = split(text)?;
        ensure!(
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "`{name}` is no name of a section; give --section once for each, as PREFIX=NAME"
        );
        find(&mut assembled, &prefix)?.sections.push(name.to_owned());
    }
    for text in credentials {
        let (prefix, file) = split(text)?;
        find(&mut assembled, &prefix)?.credential = Some(Credential::read(Path::new(file))?);
    }
    Ok(assembled)
}

impl Credential {
    fn read(file: &Path) -> Result<Credential> {
        let content = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the credential in `{}`", file.display()))?;
        let value = content.trim_end_matches(['\r', '\n']);
        // Not a word of the content may appear in what is said about it.
        ensure!(!value.trim().is_empty(), "`{}` holds no credential", file.display());
        ensure!(
            value.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && value.trim() == value,
            "`{}` must hold one line of printable ASCII without spaces around it",
            file.display()
        );
        let file = std::path::absolute(file)?;
        Ok(Credential { file, has_scheme: value.contains(' ') })
    }
}

/// `PREFIX=VALUE`, or `VALUE` alone for the prefix `/`.
fn split(text: &str) -> Result<(String, &str)> {
    let Some((prefix, value)) = text.split_once('=').filter(|_| text.starts_with('/')) else {
        return Ok(("/".to_owned(), text));
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
    ensure!(
        prefix.chars().all(plain)
            && !prefix.contains("//")
            && prefix.split('/').all(|segment| segment != "." && segment != ".."),
        "`{prefix}` is not a prefix; use whole segments of letters, digits and -._~, such as /mcp"
    );
    Ok((segments(prefix).to_owned(), value))
}

fn find<'a>(upstreams: &'a mut [Upstream], prefix: &str) -> Result<&'a mut Upstream> {
    let known: Vec<String> = upstreams.iter().map(|one| format!("`{}`", one.prefix)).collect();
    upstreams.iter_mut().find(|upstream| upstream.prefix == prefix).with_context(|| {
        format!("no upstream has the prefix `{prefix}`; there is {}", known.join(", "))
    })
}

fn segments(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    }
}

/// A URL that does not parse may hold a password all the same.
fn shown(text: &str) -> &str {
    if text.contains('@') { "..." } else { text }
}

#[cfg(test)]
mod tests;

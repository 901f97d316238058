/*! Checkpoints that somebody else kept: a file, a folder with one in each file, or such a list on another host. */

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use approval::chains::remote::{HttpAnchor, fetched, tree_head_at};

/// How an anchor on another host is reached.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// `NAME=FILE`: of a header, with the file that has its value.
    pub headers: Vec<String>,
    /// Roots beside the system's.
    pub ca: Option<PathBuf>,
}

impl Reach {
    /// # Errors
    ///
    /// The URL or a header cannot be used.
    pub fn anchor(&self, url: &str) -> Result<HttpAnchor> {
        let header = |text: &String| {
            let form = || format!("`{text}` is not NAME=FILE; the file has the header's value");
            let (name, file) = text.split_once('=').with_context(form)?;
            Ok((name.to_owned(), self::text(Path::new(file))?.trim().to_owned()))
        };
        let headers: Vec<(String, String)> =
            self.headers.iter().map(header).collect::<Result<_>>()?;
        let ca = self.ca.as_ref().map(|path| {
            std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
        });
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        HttpAnchor::new(url, headers, ca.transpose()?)
    }
}

pub fn is_url(place: &str) -> bool {
    place.starts_with("https://") || place.starts_with("http://")
}

/// One in a line, as in a file of them, with the name of the place.
pub async fn read(place: &str, reach: &Reach) -> Result<(String, String)> {
    let (name, text) = all(place, reach).await?;
    // An anchor that says nothing would be as good as one that says yes.
    ensure!(!text.trim().is_empty(), "there is no checkpoint in `{name}`");
    Ok((name, text))
}

async fn all(place: &str, reach: &Reach) -> Result<(String, String)> {
    if is_url(place) {
        let anchor = reach.anchor(place)?;
        let name = approval::chains::remote::shown(&anchor.url);
        return Ok((name, fetched(anchor).await?.join("\n")));
    }
    let path = Path::new(place);
    if !path.is_dir() {
        return Ok((place.to_owned(), text(path)?));
    }
    let shown = || format!("cannot list the folder `{place}`");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).with_context(shown)? {
        let file = entry.with_context(shown)?.path();
        if file.extension().is_some_and(|end| end == "jws") {
            files.push(file);
        }
    }
    // Their numbers have leading zeros.
    files.sort();
    let all: Result<Vec<String>> =
        files.iter().map(|file| Ok(text(file)?.trim_end().replace('\n', " "))).collect();
    Ok((place.to_owned(), all?.join("\n")))
}

/// What witnesses cosigned, with the name of its place.
pub async fn tree_head(place: &str, reach: &Reach) -> Result<(String, String)> {
    if is_url(place) {
        let anchor = reach.anchor(place)?;
        let name = approval::chains::remote::shown(&anchor.url);
        return Ok((name, tree_head_at(anchor).await?));
    }
    Ok((place.to_owned(), text(Path::new(place))?))
}

pub fn text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_is_read_like_a_file_of_its_checkpoints() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().display().to_string();
        let reach = Reach::default();
        assert!(read(&place, &reach).await.unwrap_err().to_string().contains("no checkpoint"));
        for (number, text) in [(10, "c"), (2, "b\n"), (1, "a")] {
            let file = folder.path().join(format!("{number:020}.jws"));
            std::fs::write(file, text).unwrap();
        }
        std::fs::write(folder.path().join("notes.txt"), "x").unwrap();
        assert_eq!(read(&place, &reach).await.unwrap().1, "a\nb\nc");
        let file = folder.path().join("all");
        std::fs::write(&file, "\n").unwrap();
        assert!(read(&file.display().to_string(), &reach).await.is_err());
        std::fs::write(&file, "a\nb\n").unwrap();
        assert_eq!(read(&file.display().to_string(), &reach).await.unwrap().1, "a\nb\n");
        // A header's value comes from a file, and no error has it.
        std::fs::write(&file, "sesame\nmore").unwrap();
        let headers = vec![format!("authorization={}", file.display())];
        let refused = Reach { headers, ca: None }.anchor("https://worm.example/").unwrap_err();
        let refused = format!("{refused:#}");
        assert!(refused.contains("authorization") && !refused.contains("sesame"), "{refused}");
    }
}

/*! Ways in which one body comes. */

use integration::Reply;

/// With what each is called.
pub(super) fn framings(body: &[u8]) -> Vec<(String, Reply)> {
    let mut all = few_framings(body);
    for content_type in ["application/vnd.api+json", "application/octet-stream", "image/png"] {
        let head = [("content-type", content_type)];
        all.push((content_type.to_owned(), Reply::new(200, &head, body)));
    }
    all.push(("no content type".to_owned(), Reply::new(200, &[], body)));
    let head = [("content-type", "application/json")];
    all.push(("byte by byte".to_owned(), by_bytes(Reply::chunked(200, &head), body)));
    for end in ["\n", "\r", "\r\n"] {
        let stream = |parts: &[&[u8]]| parts.join(end.as_bytes());
        let named = stream(&[b": x", b"", b"id: 1", &[b"data:  ", body].concat(), b"", b""]);
        let reply = Reply::event_stream().chunk(named).end(&[]);
        all.push((format!("an event with an id, ends {end:?}"), reply));
        // The end of the stream comes before that of the event.
        let cut = stream(&[&[b"data: ", body].concat(), b""]);
        let reply = Reply::event_stream().chunk(cut).end(&[]);
        all.push((format!("an event cut off, ends {end:?}"), reply));
        let marked = stream(&[&[b"\xef\xbb\xbfdata:", body].concat(), b"", b""]);
        let reply = by_bytes(Reply::event_stream(), &marked);
        all.push((format!("an event behind a mark, byte by byte, ends {end:?}"), reply));
    }
    all
}

/// Those that are read in different ways.
pub(super) fn few_framings(body: &[u8]) -> Vec<(String, Reply)> {
    let typed = |content_type: &'static str| {
        (content_type.to_owned(), Reply::new(200, &[("content-type", content_type)], body))
    };
    let events = [b"data: ", body, b"\n\n"].concat();
    let events = Reply::event_stream().chunk(events).end(&[]);
    vec![typed("application/json"), typed("text/plain"), ("events".to_owned(), events)]
}

fn by_bytes(reply: Reply, body: &[u8]) -> Reply {
    // A long one in as many pieces as a short one.
    let pieces = body.chunks(body.len() / 512 + 1);
    pieces.fold(reply, |reply, piece| reply.chunk(piece)).end(&[])
}

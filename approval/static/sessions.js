// Replays a session, opens exchanges where they stand, and shows what comes. Every page works without this
// file; an exported one has it in itself.
(() => {
  'use strict';

  const list = document.getElementById('timeline');
  const of = (id) => document.getElementById(id);
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const clock = new Intl.DateTimeFormat([], {
    hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false,
  });

  const adopt = (root) => {
    for (const time of root.querySelectorAll('time[data-clock]')) {
      const date = new Date(time.dateTime);
      if (Number.isNaN(date.getTime())) continue;
      time.title = `${time.textContent} UTC`;
      time.textContent = clock.format(date);
      time.removeAttribute('data-clock');
    }
  };
  adopt(document);
  if (!list) return;

  // Its children alone: a collection by class would be gathered anew from all of the page whenever a class changes.
  const rows = list.children;
  const began = (row) => Number(row.dataset.at);
  let [now, playing, changed] = [-1, false, 0];

  const page = async (url) => {
    const answer = await fetch(url, { headers: { accept: 'text/html' } });
    if (answer.status === 401) location.reload();
    if (!answer.ok) throw new Error(`${answer.status}`);
    return new DOMParser().parseFromString(await answer.text(), 'text/html');
  };

  // Each look at what was said is on the service's record: it is fetched when somebody opens it.
  const open = async (details) => {
    const url = details.dataset.part;
    if (!url || !details.open || details.dataset.loaded) return;
    details.dataset.loaded = 'yes';
    const into = details.querySelector('.opened');
    try {
      const fresh = (await page(url)).querySelector('.opened');
      if (!fresh) throw new Error('no exchange');
      adopt(fresh);
      into.replaceWith(fresh);
    } catch {
      delete details.dataset.loaded;
    }
  };
  list.addEventListener('toggle', (event) => open(event.target), true);

  // The place of a row among those there are: by when it began.
  const place = (row) => {
    adopt(row);
    const known = row.id && of(row.id);
    if (known) {
      const details = known.querySelector('details');
      const same = known.querySelector('summary').textContent === row.querySelector('summary').textContent;
      if (!same && !details.open) known.replaceWith(row);
      return;
    }
    let before = list.lastElementChild;
    while (before && began(before) > began(row)) before = before.previousElementSibling;
    if (before) before.after(row);
    else list.prepend(row);
    if (now >= 0 && began(row) < began(rows[now])) now += 1;
  };

  const next = () => document.querySelector('#more a[rel=next]');
  let loading;
  // The next leaf of the list. Nothing is fetched twice.
  const more = () => {
    loading ??= (async () => {
      const link = next();
      if (!link) return false;
      const url = new URL(link.href);
      url.searchParams.set('part', '1');
      const leaf = await page(url);
      for (const row of [...leaf.querySelectorAll('.turn')]) place(row);
      of('more').replaceWith(leaf.getElementById('more'));
      watch();
      return true;
    })().catch(() => false).finally(() => { loading = undefined; });
    return loading;
  };
  const seen = new IntersectionObserver((all) => {
    if (all.some((one) => one.isIntersecting)) more();
  }, { rootMargin: '800px' });
  const watch = () => {
    seen.disconnect();
    if (of('more') && next()) seen.observe(of('more'));
  };

  const player = of('player');
  const [seek, told, speed, pauses, follow] = ['seek', 'at', 'speed', 'pauses', 'follow'].map(of);
  const words = (ms) => {
    const s = ms / 1000;
    if (s < 60) return `${s.toFixed(1)} s`;
    const two = (n) => String(Math.floor(n)).padStart(2, '0');
    if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
    return `${Math.floor(s / 3600)} h ${two(s / 60 % 60)} min`;
  };
  const tell = (ms) => {
    seek.value = ms;
    told.textContent = words(ms);
    seek.setAttribute('aria-valuetext', words(ms));
  };

  const show = (index, scrolled) => {
    const row = rows[index];
    if (!row) return;
    rows[now]?.classList.remove('now');
    rows[now]?.removeAttribute('aria-current');
    now = index;
    row.classList.add('now');
    row.setAttribute('aria-current', 'step');
    tell(began(row));
    if (follow.checked) row.querySelector('details').open = true;
    const smooth = scrolled === 'smooth' && !calm.matches;
    row.scrollIntoView({ block: 'center', behavior: smooth ? 'smooth' : 'auto' });
  };

  const step = async (by) => {
    if (now + by >= rows.length && !await more()) return false;
    if (now + by < 0 || now + by >= rows.length) return false;
    show(now + by, 'smooth');
    return true;
  };

  const shortened = (gap) => {
    const most = Number(pauses.value) * 1000;
    return (most ? Math.min(gap, most) : gap) / Number(speed.value);
  };
  // Moves on by the time that has gone by since the last look.
  const tick = async () => {
    if (!playing) return;
    let spent = performance.now() - changed;
    let to = now;
    while (rows[to + 1] && spent >= shortened(began(rows[to + 1]) - began(rows[to]))) {
      const waited = shortened(began(rows[to + 1]) - began(rows[to]));
      spent -= waited;
      changed += waited;
      to += 1;
    }
    if (to !== now) show(to, spent > 300 ? 'smooth' : '');
    else if (rows[to + 1]) {
      const gap = began(rows[to + 1]) - began(rows[to]);
      tell(began(rows[to]) + gap * Math.min(1, spent / Math.max(1, shortened(gap))));
    }
    if (!rows[to + 1] && !await more()) return pause();
    setTimeout(tick, 50);
  };
  const pause = () => {
    playing = false;
    of('play').textContent = 'Play';
  };
  const play = () => {
    if (playing) return pause();
    playing = true;
    of('play').textContent = 'Pause';
    if (now < 0 || (now === rows.length - 1 && !next())) show(0);
    changed = performance.now();
    tick();
  };

  // The last row that had begun by then.
  const jump = async (ms) => {
    while (began(rows[rows.length - 1]) < ms && await more());
    let [low, high] = [0, rows.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (began(rows[middle]) <= ms) low = middle;
      else high = middle - 1;
    }
    show(low);
    changed = performance.now();
  };

  if (player && rows.length) {
    player.hidden = false;
    of('play').addEventListener('click', play);
    of('back').addEventListener('click', () => step(-1));
    of('step').addEventListener('click', () => step(1));
    seek.addEventListener('input', () => jump(Number(seek.value)));
    for (const chosen of [speed, pauses]) {
      chosen.addEventListener('change', () => { changed = performance.now(); });
    }
    addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('textarea, input, select')) return;
      const keys = { p: play, j: () => step(1), k: () => step(-1), o: () => rows[now]?.querySelector('summary').click() };
      keys[event.key]?.();
    });
  }

  const listen = () => {
    if (!list.dataset.events) return;
    const source = new EventSource(list.dataset.events);
    source.addEventListener('exchange', (event) => {
      const row = new DOMParser().parseFromString(event.data, 'text/html').querySelector('.turn');
      // What is behind the last one comes with its leaf.
      if (!row || (next() && began(row) > began(rows[rows.length - 1] ?? row))) return;
      seek.max = Math.max(Number(seek.max), began(row));
      if (!rows.length) return location.reload();
      row.classList.add('fresh');
      place(row);
    });
    addEventListener('pagehide', () => source.close());
  };

  if (location.hash.startsWith('#turn-')) {
    const at = [...rows].indexOf(of(location.hash.slice(1)));
    if (at >= 0) show(at);
  }
  watch();
  listen();
})();

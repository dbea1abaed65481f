/* page.js - a person's view of the simulated workspace: state in, clicks out. */
'use strict';

const $ = (id) => document.getElementById(id);
const PICK = ['+1', '-1', '100', 'shrug', 'eyes', 'zzz', 'white_check_mark', 'no_entry_sign'];
const HINTS = ['/heal', '/heal help', '/heal list', '/heal scan', '/heal show 1', '/heal fix 1', '/heal who'];
const THREAD_HINTS = ['!heal show', '!heal fix', '!heal ack', '!heal snooze 4h', '@heal why', '!heal resolve'];

let me = localStorage.getItem('me') || 'U0BEN00001';
let place = 'C0INCIDENT';
let thread = null; /* ts of its root */
let state = null;
let seen = {};
let shownView = null;

/* ---- talking to the sandbox ----------------------------------------------------------------- */

async function tell(verb, body) {
	try {
		const r = await fetch(`/_control/slack/${verb}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ user: me, ...body }) });
		return await r.json();
	} catch (e) {
		return { ok: false, error: String(e) };
	}
}

let toastTimer;
function toast(text) {
	$('toast').textContent = text;
	$('toast').hidden = false;
	clearTimeout(toastTimer);
	toastTimer = setTimeout(() => { $('toast').hidden = true; }, 6000);
}

function complain(r) {
	if (r && r.ok === false && !r.errors)
		toast(r.shown || r.error || 'That did not work.');
}

/* ---- names and context ---------------------------------------------------------------------- */

const user = (id) => state.users.find((u) => u.id === id);
const names = {
	user: (id) => user(id)?.real_name || id,
	channel: (id) => state.channels.find((c) => c.id === id)?.name || id,
};

function image(e) {
	return e.slack_file ? `/_control/slack/file/${encodeURIComponent(e.slack_file.id || '')}` : e.image_url;
}

function ask(c) {
	return new Promise((done) => {
		const d = $('ask');
		const end = (yes) => { d.close(); done(yes); };
		d.oncancel = () => done(false);
		d.replaceChildren(el('form', { method: 'dialog', onsubmit: (ev) => { ev.preventDefault(); end(true); } },
			el('h1', {}, c.title.text), el('div', { className: 'body' }, textObject(c.text, names)),
			el('div', { className: 'foot' }, el('button', { type: 'button', className: 'b-button', onclick: () => end(false) }, c.deny.text),
				el('button', { className: `b-button ${c.style === 'danger' ? 'danger' : 'primary'}` }, c.confirm.text))));
		d.showModal();
	});
}

function context(where) {
	return { names, image, ask, users: state.users.filter((u) => !u.is_bot && !u.deleted),
		act: async (e, b, value) => {
			const args = { ...where, action_id: e.action_id, block_id: b.block_id };
			if (Array.isArray(value)) args.values = value;
			else if (value !== undefined) args.value = value;
			complain(await tell('click', args));
		} };
}

/* ---- messages ------------------------------------------------------------------------------- */

function face(m) {
	if (m.ours)
		return el('div', { className: 'face' }, el('img', { src: '/favicon.ico', alt: '' }));
	const hue = [...(m.user || '')].reduce((a, c) => (a * 31 + c.charCodeAt(0)) % 360, 7);
	return el('div', { className: 'face', style: `background:hsl(${hue} 45% 42%)` }, (names.user(m.user) || '?')[0]);
}

function reactionBar(m) {
	return el('div', { className: 'reactions' }, ...(m.reactions || []).map((r) => el('button', {
		className: r.users.includes(me) ? 'mine' : '', title: r.users.map(names.user).join(', '),
		onclick: () => tell(r.users.includes(me) ? 'unreact' : 'reaction', { channel: channelId(), ts: m.ts, name: r.name }),
	}, `${emoji(r.name)} ${r.count}`)));
}

function tools(m, inThread) {
	return el('div', { className: 'tools' }, ...PICK.map((n) => el('button', { title: n, 'aria-label': `React with ${n}`,
		onclick: () => tell('reaction', { channel: channelId(), ts: m.ts, name: n }) }, emoji(n))),
	inThread ? null : el('button', { title: 'Reply in thread', onclick: () => openThread(m.ts) }, '💬'));
}

function files(m) {
	return el('div', { className: 'files' }, ...(m.files || []).map((f) => f.mimetype.startsWith('image/')
		? el('img', { src: `/_control/slack/file/${f.id}`, alt: f.alt_txt || f.title, loading: 'lazy' })
		: el('a', { className: 'file', href: `/_control/slack/file/${f.id}`, target: '_blank' }, `📄 ${f.title}`)));
}

function body(m) {
	if (m.subtype === 'tombstone')
		return el('div', { className: 'gone' }, 'This message was deleted.');
	const people = !m.ours && m.blocks?.length === 1 && m.blocks[0].type === 'rich_text';
	if (m.blocks?.length && !people)
		return renderBlocks(m.blocks, context({ channel: channelId(), ts: m.ts }));
	return m.text ? mrkdwn(m.text, names) : null;
}

function message(m, inThread) {
	const date = new Date(parseFloat(m.ts) * 1000);
	const whisper = Boolean(m.for_user);
	const n = m.reply_count || (m.replies || []).length;
	const box = el('article', { className: `msg${whisper ? ' whisper' : ''}` }, face(m), el('div', {},
		whisper ? el('div', { className: 'only' }, '👁 Only visible to you') : null,
		el('div', {}, el('span', { className: 'who' }, names.user(m.user)), m.ours ? el('span', { className: 'badge' }, 'APP') : null,
			el('time', { className: 'when', title: date.toString() }, date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }))),
		body(m), files(m), m.reactions?.length ? reactionBar(m) : null,
		!inThread && n ? el('button', { className: 'replies', onclick: () => openThread(m.ts) }, `${n} ${n === 1 ? 'reply' : 'replies'}`,
			el('span', {}, 'View thread')) : null), whisper ? null : tools(m, inThread));
	box.id = (inThread ? 't' : 'm') + m.ts;
	return box;
}

/* Keeps a list at its end if it was there, and where the reader is otherwise. */
function fill(list, nodes) {
	const bottom = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
	const at = list.scrollTop;
	list.replaceChildren(...nodes);
	list.scrollTop = bottom ? list.scrollHeight : at;
}

function withDays(messages, inThread) {
	const out = [];
	let last = '';
	for (const m of messages) {
		const day = new Date(parseFloat(m.ts) * 1000).toDateString();
		if (day !== last && !inThread)
			out.push(el('div', { className: 'day' }, day === new Date().toDateString() ? 'Today' : day));
		last = day;
		out.push(message(m, inThread));
	}
	return out;
}

/* ---- views ---------------------------------------------------------------------------------- */

function modalForm(v) {
	const blocks = renderBlocks(v.blocks, context({ view_id: v.id }));
	const fields = [...blocks.querySelectorAll('.field')];
	const errors = (map) => fields.forEach((f) => { f.querySelector('.error').textContent = map[f.dataset.block] || ''; });
	const submit = async (ev) => {
		ev.preventDefault();
		const values = {};
		for (const f of fields) {
			const value = f.read();
			if (value !== undefined)
				values[f.dataset.block] = value;
		}
		const r = await tell('submit', { view_id: v.id, values });
		errors(r.errors || {});
		complain(r);
	};
	const cancel = () => tell('close_view', { view_id: v.id });
	return el('form', { onsubmit: submit }, el('h1', {}, v.title.text), el('div', { className: 'body' }, blocks),
		el('div', { className: 'foot' }, el('button', { type: 'button', className: 'b-button', onclick: cancel }, v.close?.text || 'Cancel'),
			v.submit ? el('button', { className: 'b-button primary' }, v.submit.text) : null));
}

function drawModal() {
	const top = state.views[0]?.view;
	const key = top ? top.id + top.hash : null;
	if (key === shownView)
		return;
	shownView = key;
	const d = $('modal');
	if (!top) {
		d.close();
		return;
	}
	d.replaceChildren(modalForm(top));
	d.oncancel = (ev) => { ev.preventDefault(); tell('close_view', { view_id: top.id }); };
	if (!d.open)
		d.showModal();
}

function drawHome() {
	const home = state.homes.find((h) => h.user === me);
	fill($('messages'), [el('div', { className: 'home' }, home ? renderBlocks(home.view.blocks, context({ home: true }))
		: el('p', { className: 'empty' }, 'The app has not published a Home tab for you yet.'))]);
}

/* ---- the whole page ------------------------------------------------------------------------- */

const channelId = () => place === 'home' ? 'C0INCIDENT' : place;
const channel = () => state.channels.find((c) => c.id === channelId());

function drawSide() {
	const unread = (c) => c.id !== place && (c.messages.at(-1)?.ts || '') > (seen[c.id] || '');
	const entry = (id, label, bold) => el('li', {}, el('button', { className: bold ? 'unread' : '', 'aria-current': place === id ? 'page' : null, onclick: () => go(id) }, label));
	const visible = state.channels.filter((c) => c.is_im || (c.is_member && !c.is_archived));
	$('channels').replaceChildren(...visible.filter((c) => !c.is_im).map((c) => entry(c.id, `# ${c.name}`, unread(c))));
	$('apps').replaceChildren(entry('home', '🏠 Heal Home'), ...visible.filter((c) => c.is_im).map((c) => entry(c.id, '✉ Heal', unread(c))));
	const options = state.users.filter((u) => !u.is_bot && !u.deleted);
	if ($('me').options.length !== options.length)
		$('me').replaceChildren(...options.map((u) => el('option', { value: u.id, selected: u.id === me }, u.real_name + (u.is_restricted ? ' (guest)' : ''))));
	const up = state.sockets.filter((s) => s.ready).length;
	$('online').className = `dot${up ? ' on' : ''}`;
	$('status').textContent = up ? 'Heal is connected' : 'Heal is not connected';
}

function drawThread() {
	const root = thread && channel()?.messages.find((m) => m.ts === thread);
	$('thread').hidden = !root;
	$('app').classList.toggle('threaded', Boolean(root));
	if (root)
		fill($('replies'), withDays([root, ...(root.replies || [])], true));
}

/* An open menu or a half-typed field must survive a change elsewhere. */
function busy() {
	return document.querySelector('.pop') || document.activeElement?.closest?.('.b-select');
}

function draw() {
	if (!state || busy())
		return;
	drawSide();
	const c = channel();
	$('title').textContent = place === 'home' ? 'Heal · Home' : c.is_im ? 'Heal' : `# ${c.name}`;
	$('say').hidden = place === 'home';
	$('text').placeholder = `Message ${c.is_im ? 'Heal' : '#' + c.name}, or /heal …`;
	if (place === 'home')
		drawHome();
	else
		fill($('messages'), c.messages.length ? withDays(c.messages.filter((m) => !m.thread_ts || m.subtype === 'thread_broadcast' || m.ts === m.thread_ts), false)
			: [el('p', { className: 'empty' }, 'Nothing has happened here yet. The next scan may change that, or type /heal scan.')]);
	seen[place] = c.messages.at(-1)?.ts;
	drawThread();
	drawModal();
}

async function load() {
	const r = await fetch(`/_control/slack/state?user=${me}`);
	state = await r.json();
	draw();
}

function go(id) {
	place = id;
	thread = null;
	$('app').classList.remove('menu');
	if (id === 'home')
		tell('open_home', { tab: 'home' });
	$('messages').scrollTop = 1e9;
	draw();
	$('messages').scrollTop = 1e9;
}

function openThread(ts) {
	thread = ts;
	draw();
	$('replies').scrollTop = 1e9;
	if (window.matchMedia('(min-width: 900px)').matches)
		$('reply-text').focus();
}

/* https://…/archives/C…/p1700000000123456?thread_ts=… */
function openPermalink(url) {
	const m = /\/archives\/([CD][A-Z0-9]+)(?:\/p(\d+)(\d{6}))?/.exec(url);
	if (!m || !state.channels.some((c) => c.id === m[1]))
		return;
	place = m[1];
	const ts = m[2] ? `${m[2]}.${m[3]}` : null;
	thread = new URL(url, location.href).searchParams.get('thread_ts');
	if (ts && !thread && channel().messages.find((x) => x.ts === ts)?.replies?.length)
		thread = ts;
	draw();
	const node = ts && (document.getElementById('t' + ts) || document.getElementById('m' + ts));
	node?.scrollIntoView({ block: 'center' });
	node?.classList.add('target');
}

/* ---- typing --------------------------------------------------------------------------------- */

async function send(text, thread_ts) {
	const slash = /^\/(\S+)\s*([\s\S]*)$/.exec(text);
	const where = { channel: channelId(), ...(thread_ts ? { thread_ts } : {}) };
	complain(slash ? await tell('command', { ...where, command: '/' + slash[1], text: slash[2] }) : await tell('message', { ...where, text }));
}

function composer(form, input, threadOf) {
	const past = [];
	let at = 0;
	$(form).addEventListener('submit', (ev) => {
		ev.preventDefault();
		const text = $(input).value.trim();
		if (!text)
			return;
		past.push(text);
		at = past.length;
		$(input).value = '';
		send(text, threadOf());
	});
	$(input).addEventListener('keydown', (ev) => {
		const step = ev.key === 'ArrowUp' ? -1 : ev.key === 'ArrowDown' ? 1 : 0;
		if (!step || at + step < 0 || at + step > past.length)
			return;
		at += step;
		$(input).value = past[at] || '';
		ev.preventDefault();
	});
}

function hints(box, input, list) {
	$(box).replaceChildren(...list.map((h) => el('button', { type: 'button', onclick: () => { $(input).value = h; $(input).focus(); } }, h)));
}

composer('say', 'text', () => null);
composer('reply', 'reply-text', () => thread);
hints('hints', 'text', HINTS);
hints('reply-hints', 'reply-text', THREAD_HINTS);
$('reply-text').placeholder = 'Reply… (!heal fix, @heal why)';
$('close').onclick = () => { thread = null; draw(); };
$('menu').onclick = () => $('app').classList.toggle('menu');
$('me').onchange = () => {
	me = $('me').value;
	localStorage.setItem('me', me);
	if (state.channels.find((c) => c.id === place)?.is_im)
		place = 'C0INCIDENT';
	shownView = null;
	load();
};
window.addEventListener('permalink', (ev) => openPermalink(ev.detail));
document.addEventListener('focusout', () => setTimeout(draw));

load().then(() => {
	const wanted = new URLSearchParams(location.search);
	if (wanted.get('home'))
		go('home');
	if (location.pathname.startsWith('/archives/'))
		openPermalink(location.href);
	$('messages').scrollTop = 1e9;
	new EventSource('/_control/slack/changes').onmessage = load;
});

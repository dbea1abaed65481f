/* blocks.js - Slack's text formats and Block Kit as DOM. Never innerHTML: texts stay texts. */
'use strict';

const EMOJI = {
	'+1': '👍', '-1': '👎', thumbsup: '👍', thumbsdown: '👎', 100: '💯', shrug: '🤷', eyes: '👀',
	zzz: '💤', white_check_mark: '✅', no_entry_sign: '🚫', hourglass_flowing_sand: '⏳',
	hourglass: '⌛', red_circle: '🔴', large_yellow_circle: '🟡', large_orange_circle: '🟠',
	large_green_circle: '🟢', white_circle: '⚪', warning: '⚠️', rotating_light: '🚨', wrench: '🔧',
	tada: '🎉', heart: '❤️', rocket: '🚀', memo: '📝', x: '❌', mag: '🔍', bulb: '💡', robot_face: '🤖',
	question: '❓', grey_question: '❔', sleeping: '😴', bell: '🔔', link: '🔗', clock1: '🕐',
};

function el(tag, props, ...kids) {
	const e = document.createElement(tag);
	for (const [k, v] of Object.entries(props || {})) {
		if (v === undefined || v === null || v === false)
			continue;
		if (k.startsWith('on'))
			e.addEventListener(k.slice(2), v);
		else if (k in e && k !== 'list')
			e[k] = v;
		else
			e.setAttribute(k, v === true ? '' : v);
	}
	e.append(...kids.flat().filter((x) => x !== null && x !== undefined && x !== false));
	return e;
}

function emoji(name) {
	const base = String(name).split('::')[0];
	return EMOJI[base] || `:${name}:`;
}

const unescape = (s) => s.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

function safeLink(url, label) {
	if (!/^(https?:|mailto:)/i.test(url))
		return document.createTextNode(label);
	const here = url.startsWith(location.origin + '/archives/');
	return el('a', { href: url, target: here ? null : '_blank', rel: 'noopener', onclick: here ? followLink : null }, label);
}

function followLink(ev) {
	ev.preventDefault();
	window.dispatchEvent(new CustomEvent('permalink', { detail: ev.currentTarget.href }));
}

function formatDate(seconds, format, fallback) {
	const d = new Date(Number(seconds) * 1000);
	if (Number.isNaN(d.getTime()))
		return fallback;
	const day = d.toLocaleDateString([], { month: 'short', day: 'numeric' });
	const today = new Date().toDateString() === d.toDateString();
	const parts = {
		date_num: d.toISOString().slice(0, 10), date: d.toLocaleDateString([], { dateStyle: 'long' }),
		date_short: d.toLocaleDateString([], { dateStyle: 'medium' }),
		date_long: d.toLocaleDateString([], { dateStyle: 'full' }),
		date_pretty: today ? 'today' : d.toLocaleDateString([], { dateStyle: 'long' }),
		date_short_pretty: today ? 'today' : day, date_long_pretty: today ? 'today' : d.toLocaleDateString([], { dateStyle: 'full' }),
		time: d.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }),
		time_secs: d.toLocaleTimeString(), ago: `${Math.round((Date.now() - d) / 60000)} min ago`,
	};
	return format.replace(/\{(\w+)\}/g, (all, k) => parts[k] ?? all);
}

/* <…>: a link, a mention, a channel, a date. */
function token(inner, names) {
	const bar = inner.indexOf('|');
	const target = bar < 0 ? inner : inner.slice(0, bar);
	const label = bar < 0 ? '' : unescape(inner.slice(bar + 1));
	if (/^@[UW]/.test(target))
		return el('span', { className: 'mention' }, '@' + (names.user(target.slice(1)) || label));
	if (/^#C/.test(target))
		return el('span', { className: 'mention' }, '#' + (label || names.channel(target.slice(1))));
	if (target.startsWith('!date^')) {
		const [, seconds, format, url] = target.split('^');
		const text = formatDate(seconds, unescape(format || ''), label);
		return url ? safeLink(url, text) : el('time', { title: label }, text);
	}
	if (target.startsWith('!'))
		return el('span', { className: 'mention' }, label || '@' + target.slice(1).split('^')[0]);
	return safeLink(unescape(target), label || unescape(target));
}

/* Inline marks. Order matters: code first, since nothing acts in it but entities. */
function inline(s, names) {
	const out = [];
	const re = /`([^`\n]+)`|<([^<>\n]+)>|:([a-z0-9_+'-]+):|(?<![\w*])\*(?=\S)([^*\n]*[^\s*])\*(?![\w*])|(?<![\w_])_(?=\S)([^_\n]*[^\s_])_(?![\w_])|(?<![\w~])~(?=\S)([^~\n]*[^\s~])~(?![\w~])/g;
	let at = 0, m;
	while ((m = re.exec(s))) {
		if (m.index > at)
			out.push(unescape(s.slice(at, m.index)));
		if (m[1] !== undefined) out.push(el('code', {}, ...inlineCode(m[1], names)));
		else if (m[2] !== undefined) out.push(token(m[2], names));
		else if (m[3] !== undefined) out.push(emoji(m[3]));
		else if (m[4] !== undefined) out.push(el('b', {}, ...inline(m[4], names)));
		else if (m[5] !== undefined) out.push(el('i', {}, ...inline(m[5], names)));
		else out.push(el('s', {}, ...inline(m[6], names)));
		at = re.lastIndex;
	}
	if (at < s.length)
		out.push(unescape(s.slice(at)));
	return out;
}

const inlineCode = (s) => [unescape(s.replace(/<([^<>|]*)(\|([^<>]*))?>/g, (all, a, b, c) => c ?? a))];

function mrkdwn(s, names) {
	const box = el('div', { className: 'b-text' });
	for (const [i, part] of String(s).split(/```\n?/).entries()) {
		if (i % 2) {
			box.append(el('pre', {}, ...inlineCode(part.replace(/\n$/, ''))));
			continue;
		}
		const text = i ? part.replace(/^\n/, '') : part;
		let quote = null;
		const lines = text.replace(/\n$/, i % 2 ? '' : '\n').split('\n');
		if (lines.at(-1) === '')
			lines.pop();
		for (const [n, line] of lines.entries()) {
			const quoted = /^(&gt;|>) ?/.exec(line);
			if (quoted) {
				if (!quote)
					box.append(quote = el('blockquote'));
				else
					quote.append('\n');
				quote.append(...inline(line.slice(quoted[0].length), names));
				continue;
			}
			if (n && !quote)
				box.append('\n');
			quote = null;
			box.append(...inline(line, names));
		}
	}
	return box;
}

const plain = (s) => el('div', { className: 'b-text' }, String(s).replace(/:([a-z0-9_+-]+):/g, (all, n) => EMOJI[n] || all));

function textObject(t, names) {
	return t.type === 'mrkdwn' ? mrkdwn(t.text, names) : plain(t.emoji === false ? t.text : t.text);
}

/* Standard Markdown, as far as a plan needs it. */
function markdown(s, names) {
	const box = el('div', { className: 'b-text' });
	let list = null;
	for (const [i, part] of String(s).split(/```[a-z]*\n?/).entries()) {
		if (i % 2) {
			box.append(el('pre', {}, part.replace(/\n$/, '')));
			continue;
		}
		for (const line of part.split('\n')) {
			const head = /^#{1,6} +(.*)/.exec(line), item = /^\s*([-*]|\d+\.) +(.*)/.exec(line);
			const rich = (t) => inline(t.replace(/\*\*(.+?)\*\*/g, '*$1*').replace(/\[([^\]]+)\]\((https?:[^)]+)\)/g, '<$2|$1>'), names);
			if (item) {
				const tag = /\d/.test(item[1]) ? 'ol' : 'ul';
				if (!list || list.localName !== tag)
					box.append(list = el(tag, { start: tag === 'ol' ? parseInt(item[1], 10) : null }));
				list.append(el('li', {}, ...rich(item[2])));
				continue;
			}
			list = null;
			if (head)
				box.append(el('div', { className: 'b-header' }, ...rich(head[1])));
			else if (line.trim())
				box.append(el('p', {}, ...rich(line)));
		}
	}
	return box;
}

function richPart(p, names) {
	let node;
	switch (p.type) {
	case 'text': node = document.createTextNode(p.text); break;
	case 'link': node = safeLink(p.url, p.text || p.url); break;
	case 'emoji': node = document.createTextNode(emoji(p.name)); break;
	case 'user': node = el('span', { className: 'mention' }, '@' + names.user(p.user_id)); break;
	case 'channel': node = el('span', { className: 'mention' }, '#' + names.channel(p.channel_id)); break;
	case 'broadcast': node = el('span', { className: 'mention' }, '@' + p.range); break;
	case 'usergroup': node = el('span', { className: 'mention' }, '@' + p.usergroup_id); break;
	case 'date': node = el('time', {}, formatDate(p.timestamp, p.format, p.fallback || '')); break;
	default: node = document.createTextNode(p.value || '');
	}
	const st = p.style || {};
	if (st.code) node = el('code', {}, node);
	if (st.bold) node = el('b', {}, node);
	if (st.italic) node = el('i', {}, node);
	if (st.strike) node = el('s', {}, node);
	return node;
}

function richText(b, names) {
	const box = el('div', { className: 'b-text' });
	for (const e of b.elements || []) {
		const parts = (x) => (x.elements || []).map((p) => richPart(p, names));
		if (e.type === 'rich_text_list')
			box.append(el(e.style === 'ordered' ? 'ol' : 'ul', { style: `margin-left:${(e.indent || 0) * 20}px` },
				...e.elements.map((x) => el('li', {}, ...parts(x)))));
		else if (e.type === 'rich_text_preformatted')
			box.append(el('pre', {}, ...parts(e)));
		else if (e.type === 'rich_text_quote')
			box.append(el('blockquote', {}, ...parts(e)));
		else
			box.append(el('div', {}, ...parts(e)));
	}
	return box;
}

function table(b, names) {
	const cell = (c) => c.type === 'rich_text' ? richText(c, names) : String(c.text ?? c.value ?? '');
	return el('div', { className: 'b-table' }, el('table', {}, ...b.rows.map((r) => el('tr', {},
		...r.map((c, i) => el('td', { style: `text-align:${b.column_settings?.[i]?.align || 'left'}` }, cell(c)))))));
}

function chart(b) {
	const NS = 'http://www.w3.org/2000/svg', W = 480, H = 180, c = b.chart;
	const svg = document.createElementNS(NS, 'svg');
	const add = (tag, attrs, text) => {
		const e = document.createElementNS(NS, tag);
		for (const [k, v] of Object.entries(attrs))
			e.setAttribute(k, v);
		if (text)
			e.textContent = text;
		svg.append(e);
	};
	svg.setAttribute('viewBox', `0 0 ${W} ${H}`);
	add('text', { x: 12, y: 20, 'font-size': 13, 'font-weight': 700, fill: 'currentColor' }, b.title);
	const colors = ['#0f9d8a', '#d9822b', '#4c7fd9', '#b5509c', '#8a8f2a', '#c0352b'];
	const series = c.type === 'pie' ? [{ name: '', data: c.segments }] : c.series;
	const top = Math.max(1e-9, ...series.flatMap((s) => s.data.map((d) => d.value)));
	for (const [i, s] of series.entries()) {
		const x = (k) => 14 + k * (W - 28) / Math.max(1, s.data.length - 1);
		const y = (v) => H - 24 - v / top * (H - 62);
		if (c.type === 'line' || c.type === 'area')
			add('polyline', { points: s.data.map((d, k) => `${x(k)},${y(d.value)}`).join(' '), fill: 'none', stroke: colors[i], 'stroke-width': 2 });
		else
			s.data.forEach((d, k) => add('rect', { x: x(k) - 6, y: y(d.value), width: 12, height: H - 24 - y(d.value), fill: colors[i] }));
		add('text', { x: 12 + i * 90, y: H - 7, 'font-size': 11, fill: colors[i] }, s.name);
	}
	return el('div', { className: 'b-chart' }, svg);
}

/* ---- controls: `act(element, block, value)` tells the bot ---------------------------------- */

function confirmed(e, ask) {
	if (!e.confirm)
		return Promise.resolve(true);
	return ask(e.confirm);
}

function button(e, b, ctx) {
	const go = async (ev) => {
		const node = ev.currentTarget;
		if (!(await confirmed(e, ctx.ask)))
			return;
		node.disabled = true;
		await ctx.act(e, b, e.type === 'button' ? undefined : e.value);
		node.disabled = false;
	};
	const props = { className: `b-button ${e.style || ''}`, title: e.accessibility_label, onclick: go };
	const label = plain(e.text.text).textContent;
	if (e.url)
		return el('a', { ...props, href: /^https?:/.test(e.url) ? e.url : null, target: '_blank', rel: 'noopener' }, label);
	return el('button', { ...props, type: 'button' }, label);
}

const allOptions = (e) => e.options || (e.option_groups || []).flatMap((g) => g.options);

function select(e, b, ctx) {
	const users = e.type === 'users_select';
	const options = users ? ctx.users.map((u) => ({ text: { text: u.real_name }, value: u.id })) : allOptions(e);
	const chosen = e.initial_option?.value || e.initial_user || '';
	const node = el('select', { className: 'b-select', 'aria-label': e.placeholder?.text || 'Choose', onchange: async () => {
		const value = node.value;
		node.blur(); /* an open menu holds back changes of the page */
		if (value && await confirmed(e, ctx.ask))
			await ctx.act(e, b, value);
		if (!chosen)
			node.value = '';
	} }, el('option', { value: '' }, e.placeholder?.text || 'Choose…'),
		...options.map((o) => el('option', { value: o.value, selected: o.value === chosen }, plain(o.text.text).textContent)));
	return node;
}

function overflow(e, b, ctx) {
	const box = el('div', { className: 'b-menu' });
	const close = () => box.querySelector('.pop')?.remove();
	const open = () => {
		if (box.querySelector('.pop'))
			return close();
		box.append(el('div', { className: 'pop' }, ...e.options.map((o) => el('button', { type: 'button', onclick: async () => {
			close();
			if (o.url)
				window.open(o.url, '_blank', 'noopener');
			if (await confirmed(e, ctx.ask))
				await ctx.act(e, b, o.value);
		} }, plain(o.text.text).textContent, o.description ? el('small', {}, o.description.text) : null))));
		setTimeout(() => document.addEventListener('click', close, { once: true }));
	};
	box.append(el('button', { type: 'button', className: 'b-button', 'aria-label': 'More', onclick: open }, '⋯'));
	return box;
}

function checks(e, b, ctx) {
	const multi = e.type === 'checkboxes';
	const first = multi ? (e.initial_options || []).map((o) => o.value) : [e.initial_option?.value];
	const box = el('div', {}, ...e.options.map((o) => el('label', { className: 'choice' },
		el('input', { type: multi ? 'checkbox' : 'radio', name: b.block_id, value: o.value, checked: first.includes(o.value), onchange: () => {
			const on = [...box.querySelectorAll('input:checked')].map((x) => x.value);
			if (ctx.act)
				ctx.act(e, b, multi ? on : on[0]);
		} }), el('span', {}, textObject(o.text, ctx.names), o.description ? el('small', {}, o.description.text) : null))));
	return box;
}

function feedback(e, b, ctx) {
	const one = (x, face) => el('button', { type: 'button', className: 'b-button', title: x.accessibility_label, onclick: () => ctx.act(e, b, x.value) }, face + ' ' + x.text.text);
	return [one(e.positive_button, '👍'), one(e.negative_button, '👎')];
}

function control(e, b, ctx) {
	switch (e.type) {
	case 'button': case 'icon_button': return button(e, b, ctx);
	case 'static_select': case 'users_select': return select(e, b, ctx);
	case 'overflow': return overflow(e, b, ctx);
	case 'checkboxes': case 'radio_buttons': return checks(e, b, ctx);
	case 'feedback_buttons': return feedback(e, b, ctx);
	case 'image': return el('img', { src: ctx.image(e), alt: e.alt_text, width: 64 });
	default: return el('span', { className: 'note' }, `[${e.type}]`);
	}
}

/* ---- inputs of a modal ---------------------------------------------------------------------- */

function field(e, b, ctx) {
	switch (e.type) {
	case 'static_select': case 'users_select':
		return select(e, b, { ...ctx, act: () => {} });
	case 'checkboxes': case 'radio_buttons':
		return checks(e, b, { ...ctx, act: b.dispatch_action ? ctx.act : null });
	default: {
		const props = { value: e.initial_value || '', placeholder: e.placeholder?.text || '', maxLength: e.max_length || 3000 };
		return e.multiline ? el('textarea', props) : el('input', { type: 'text', ...props });
	}
	}
}

function readField(box, e) {
	if (e.type === 'checkboxes')
		return [...box.querySelectorAll('input:checked')].map((x) => x.value);
	if (e.type === 'radio_buttons')
		return box.querySelector('input:checked')?.value;
	return box.querySelector('input,textarea,select')?.value || undefined;
}

function inputBlock(b, ctx) {
	const box = el('div', { className: 'field' }, el('div', { className: 'label' }, b.label.text, b.optional ? el('span', { className: 'optional' }, ' (optional)') : null),
		field(b.element, b, ctx), b.hint ? el('div', { className: 'hint' }, b.hint.text) : null, el('div', { className: 'error' }));
	box.dataset.block = b.block_id;
	box.read = () => readField(box, b.element);
	return box;
}

/* ---- blocks --------------------------------------------------------------------------------- */

function block(b, ctx) {
	const names = ctx.names;
	switch (b.type) {
	case 'header': return el('div', { className: 'b-header' }, plain(b.text.text));
	case 'divider': return el('hr', { className: 'b-divider' });
	case 'section': return el('div', { className: 'b-section' }, el('div', { className: 'body' }, b.text ? textObject(b.text, names) : null,
		b.fields ? el('div', { className: 'b-fields' }, ...b.fields.map((f) => textObject(f, names))) : null),
	b.accessory ? control(b.accessory, b, ctx) : null);
	case 'context': return el('div', { className: 'b-context' }, ...b.elements.map((e) => e.type === 'image' ? el('img', { src: ctx.image(e), alt: e.alt_text }) : textObject(e, names)));
	case 'actions': case 'context_actions': return el('div', { className: 'b-actions' }, ...b.elements.map((e) => control(e, b, ctx)).flat());
	case 'image': return el('figure', { className: 'b-image' }, b.title ? el('figcaption', {}, b.title.text) : null, el('img', { src: ctx.image(b), alt: b.alt_text, loading: 'lazy' }));
	case 'rich_text': return richText(b, names);
	case 'markdown': return markdown(b.text, names);
	case 'table': return table(b, names);
	case 'data_visualization': return chart(b);
	case 'input': return inputBlock(b, ctx);
	default: return el('div', { className: 'note' }, `[${b.type}]`);
	}
}

function renderBlocks(blocks, ctx) {
	return el('div', { className: 'blocks' }, ...blocks.map((b) => block(b, ctx)));
}

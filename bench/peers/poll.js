// The function node "poll": asks for one block after the other, the next when the last was answered or failed, and hands each whole scan on.
// A message without an answer is the clock's: it begins, and begins again where nothing has come for 20 s.
const blocks = @BLOCKS@; // [unit, first register, registers]
let at = context.get('at'), scan = context.get('scan') || {}, begun = at !== undefined;
const now = Date.now();

if (msg.clock && begun && now - context.get('moved') < 20000) return null;
context.set('moved', now);
if (!begun || msg.clock) at = 0;
else {
	if (Array.isArray(msg.payload) && msg.payload.length) {
		const [unit, first] = blocks[at];
		msg.payload.forEach((word, i) => { scan[unit + '.' + (first + i)] = word; });
	}
	at++;
}
let whole = null;
if (at === blocks.length) {
	whole = { payload: scan };
	scan = {};
	at = 0;
}
context.set('at', at);
context.set('scan', scan);
const [unitid, address, quantity] = blocks[at];
return [{ payload: { value: 0, fc: 3, unitid, address, quantity } }, whole];

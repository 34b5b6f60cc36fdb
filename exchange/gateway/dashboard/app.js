// The live page: what is selected decides which channels are wanted; what arrives is painted once a frame.

import { ContractList } from "./contracts.js";
import { CurveChart } from "./curvechart.js";
import { amountText, byId, dayText, priceText, setHidden, setText, shortSpan, spanText, timeText } from "./dom.js";
import { Feed } from "./feed.js";
import { Ladder } from "./ladder.js";
import { Book, Contract, groupsOf } from "./market.js";
import { PriceChart } from "./pricechart.js";
import { Settled } from "./settled.js";
import { Tape } from "./tape.js";

const CHART_EVERY_MS = 250;
const LIST_AGAIN_MS = 600000;
const LIST_RETRY_MS = 2000;
const HISTORY_COUNT = 100;
const LIVELY_MS = 20 * 60000;
const OVER = ["closed", "nominated", "delivering", "settled"];

const contracts = new Map();
const curves = new Map();
const book = new Book();
let selected = null;
let dirty = true;
let chartedAt = 0;

const feed = new Feed({ onState: connection, onMessage: heard });
const list = new ContractList({ onSelect: select, onOpen: want, onPick: () => turnTo("book") });
const ladder = new Ladder();
ladder.onFit = () => { dirty = true; };
const tape = new Tape();
const settled = new Settled();
const priceChart = new PriceChart();
const curveChart = new CurveChart({ onSelect: select });

// Connection

let lostTimer = 0;

function connection(state, delayMs) {
  document.body.dataset.state = state === "connecting" && lostTimer ? "lost" : state;
  clearInterval(lostTimer);
  setText(byId("state"), { live: "Live", lost: "Connection lost", connecting: "Connecting" }[state]);
  setHidden(byId("alarm"), state === "live" || (state === "connecting" && !lostTimer));
  if (state === "live") {
    lostTimer = 0;
    book.clear();
    refresh();
    settlements();
  } else if (state === "lost") {
    const until = Date.now() + delayMs;
    const tell = () => setText(byId("alarm-text"),
      `Everything below is old. Trying again in ${Math.max(0, Math.ceil((until - Date.now()) / 1000))} s.`);
    tell();
    lostTimer = setInterval(tell, 500);
  } else if (lostTimer) {
    setText(byId("alarm-text"), "Everything below is old. Trying again now.");
  }
  dirty = true;
}

byId("retry").addEventListener("click", () => feed.connect());

// The list of contracts is asked for again now and then, for what a missed notice would have told.

let listTimer = 0;

async function refresh() {
  clearTimeout(listTimer);
  try {
    const instruments = await feed.call("public/get_instruments", { currency: "any", kind: "future" });
    relist(instruments.filter((instrument) => instrument.is_active));
    listTimer = setTimeout(refresh, contracts.size ? LIST_AGAIN_MS : LIST_RETRY_MS);
  } catch (error) {
    console.warn("contracts:", error.message);
    if (feed.live) listTimer = setTimeout(refresh, LIST_RETRY_MS);
  }
}

function relist(instruments) {
  const names = new Set(instruments.map((instrument) => instrument.instrument_name));
  const same = names.size === contracts.size && [...names].every((name) => contracts.has(name));
  for (const name of contracts.keys()) if (!names.has(name)) contracts.delete(name);
  for (const instrument of instruments) {
    const known = contracts.get(instrument.instrument_name);
    if (known) known.stands(instrument);
    else contracts.set(instrument.instrument_name, new Contract(instrument));
  }
  if (!same) list.show([...contracts.values()]);
  if (!contracts.has(selected?.name)) choose();
  else if (!same) list.mark(selected.name);
  want();
}

// The contract named in the address, else an hour of the group that was selected, else of the first:
// the next one with some time left, because makers leave a book that is about to close.
function choose() {
  const asked = decodeURIComponent(location.hash.slice(1));
  const groups = groupsOf(contracts.values());
  const group = groups.get(selected?.group) ?? groups.values().next().value ?? [];
  const hours = group.filter((contract) => contract.kind === "hours");
  const lively = hours.find((contract) => contract.gateMs > Date.now() + LIVELY_MS) ?? hours[0] ?? group[0];
  const name = contracts.has(asked) ? asked : lively?.name;
  if (name) select(name);
}

window.addEventListener("hashchange", () => {
  const asked = decodeURIComponent(location.hash.slice(1));
  if (contracts.has(asked)) select(asked);
});

// Selection

function select(name) {
  const contract = contracts.get(name);
  if (!contract || contract === selected) return;
  selected = contract;
  book.clear();
  history.replaceState(null, "", `#${encodeURIComponent(name)}`);
  document.title = `${name} · gpux`;
  list.mark(name);
  want();
  recall(contract);
  chartedAt = 0;
  dirty = true;
}

const NEWS = ["instrument.state.any.any", "fixing.any.any", "delivery.any.any"];

function want() {
  const channels = [...NEWS, ...list.shown().map((contract) => `ticker.${contract.name}.100ms`)];
  if (selected) {
    channels.push(`book.${selected.name}.raw`, `trades.${selected.name}.raw`, `forward.${selected.group}`);
    if (!list.shown().includes(selected)) channels.push(`ticker.${selected.name}.100ms`);
  }
  feed.want(channels);
}

// What happened before the page looked: recent trades and the present curve.
async function recall(contract) {
  const past = await Promise.allSettled([
    feed.call("public/get_last_trades_by_instrument", { instrument_name: contract.name, count: HISTORY_COUNT }),
    feed.call("public/get_forward_curve", { sku_region: contract.group }),
  ]);
  if (past[0].value) contract.addTrades(past[0].value.trades);
  if (past[1].value) curve(past[1].value);
  dirty = true;
}

async function settlements() {
  const past = await Promise.allSettled(["fixings", "deliveries"].map((what) => feed.call(`public/get_${what}`, { count: 40 })));
  for (const news of past[0].value ?? []) settled.note("fixing", news);
  for (const news of past[1].value ?? []) settled.note("delivery", news);
  dirty = true;
}

// Notifications

function heard(channel, data) {
  const kind = channel.slice(0, channel.indexOf("."));
  if (kind === "book" && data.instrument_name === selected?.name) {
    if (!book.apply(data)) feed.renew(channel).catch(() => {});
    else selected.quote(book.best("bids"), book.best("asks"), Date.now());
  } else if (kind === "trades") {
    for (const trade of data) contracts.get(trade.instrument_name)?.addTrades([trade]);
  } else if (kind === "ticker") {
    contracts.get(data.instrument_name)?.ticker(data, Date.now());
  } else if (kind === "forward") {
    curve(data);
  } else if (kind === "fixing" || kind === "delivery") {
    settled.note(kind, data);
  } else if (kind === "instrument") {
    staged(data);
  }
  dirty = true;
}

// A contract whose trading ended leaves the list; a new one needs more said of it than its name.
function staged(data) {
  contracts.get(data.instrument_name)?.stands(data);
  if (data.state !== "created" && !OVER.includes(data.state)) return;
  clearTimeout(listTimer);
  // Many contracts are listed, or closed, at once.
  listTimer = setTimeout(data.state === "created" ? refresh : expire, 200);
}

function expire() {
  const left = [...contracts.values()].filter((contract) => !OVER.includes(contract.state));
  if (left.length === contracts.size) return;
  contracts.clear();
  for (const contract of left) contracts.set(contract.name, contract);
  list.show(left);
  if (contracts.has(selected?.name)) list.mark(selected.name);
  else choose();
  want();
  listTimer = setTimeout(refresh, LIST_AGAIN_MS);
}

function curve(data) {
  curves.set(data.sku_region, new Map(data.points.map((point) => [point.instrument_name, point])));
}

// Painting

function paint() {
  requestAnimationFrame(paint);
  const nowMs = Date.now();
  if (selected && nowMs - chartedAt >= CHART_EVERY_MS) {
    chartedAt = nowMs;
    priceChart.paint(selected, nowMs);
    const group = [...contracts.values()].filter((contract) => contract.group === selected.group && contract.kind === "hours");
    group.sort((a, b) => a.startMs - b.startMs);
    curveChart.paint(curves.get(selected.group) ?? new Map(), group, selected);
  }
  if (!dirty) return;
  dirty = false;
  list.paint(nowMs);
  settled.paint();
  if (!selected) return;
  ladder.paint(book, selected, feed.live);
  tape.paint(selected);
  summary();
}

function summary() {
  const { decimals, bid, ask, mid } = selected;
  setText(byId("name"), selected.name);
  setText(byId("delivery"), deliveryText(selected));
  setText(byId("stage"), selected.state.replace("_", " "));
  byId("stage").dataset.stage = selected.state;
  setText(byId("bid"), priceText(bid, decimals));
  setText(byId("ask"), priceText(ask, decimals));
  setText(byId("spread"), mid ? `${(((ask - bid) / mid) * 10000).toFixed(0)} bp` : "–");
  setText(byId("last"), priceText(selected.last, decimals));
  setText(byId("volume"), selected.volume === null ? "–" : amountText(selected.volume));
}

function deliveryText({ startMs, endMs, hours, lotHours }) {
  const start = `${dayText(startMs)} ${timeText(startMs, false)}`;
  if (hours === 1) return `Delivery ${start} UTC, ${amountText(lotHours)} GPU-h a lot`;
  const end = `${dayText(startMs) === dayText(endMs) ? "" : `${dayText(endMs)} `}${timeText(endMs, false)}`;
  return `${start} – ${end} UTC, ${amountText(lotHours)} GPU-h a lot`;
}

// The average is what prices are compared by; the sum is what a GPU costs from the first hour to the last.
function sumText({ hours, ask, impliedAsk, shortDecimals }) {
  const least = Math.min(ask || impliedAsk, impliedAsk || ask);
  return hours > 1 && least ? ` · sum $${(least * hours).toFixed(shortDecimals)}` : "";
}

setInterval(() => {
  const nowMs = Date.now();
  setText(byId("clock"), timeText(nowMs));
  setText(byId("rate"), String(feed.received));
  feed.received = 0;
  setText(byId("trip"), feed.live && feed.tripMs ? feed.tripMs.toFixed(feed.tripMs < 10 ? 1 : 0) : "–");
  if (selected) {
    setText(byId("countdown"), spanText(selected.gateMs - nowMs));
    const { nextState, nextMs } = selected;
    const next = nextMs > nowMs ? `· ${nextState.replace("_", " ")} in ${shortSpan(nextMs - nowMs)}` : "";
    setText(byId("next"), next + sumText(selected));
  }
  dirty = true; // Every row counts down.
}, 1000);

// On a narrow screen one panel shows at a time.
const tabs = document.querySelector(".tabs");

function turnTo(tab) {
  document.body.dataset.tab = tab;
  for (const button of tabs.children) button.setAttribute("aria-pressed", String(button.dataset.tab === tab));
  dirty = true;
}

tabs.addEventListener("click", (event) => event.target.dataset.tab && turnTo(event.target.dataset.tab));
turnTo("book");

feed.connect();
requestAnimationFrame(paint);

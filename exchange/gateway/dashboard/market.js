// What the page knows of the market: contracts, the book of the selected one, prices over time, trades, curves.

import { decimalsOf } from "./dom.js";

const HISTORY_MS = 15 * 60 * 1000;
const SAMPLE_MS = 500;
const TRADES_MAX = 200;

export class Contract {
  constructor(instrument) {
    this.name = instrument.instrument_name;
    const [sku = this.name, region = "", term = ""] = String(instrument.base_currency ?? "").split("_");
    this.sku = sku;
    this.region = region;
    this.term = term;
    this.group = region ? `${sku}_${region}` : sku;
    this.startMs = instrument.expiration_timestamp;
    this.gateMs = instrument.gate_timestamp ?? instrument.expiration_timestamp;
    this.lotHours = instrument.contract_size;
    this.hours = instrument.hours ?? 1;
    this.kind = this.hours === 1 ? "hours" : term.startsWith("B") ? "blocks" : "days";
    // PK and OP belong to the date in their name, which may begin on another date in UTC.
    const date = /-(\d+)([A-Z]{3})(\d\d)$/.exec(this.name);
    this.dayMs = date && this.kind !== "hours" ? Date.parse(`${date[1]} ${date[2]} 20${date[3]} UTC`) : this.startMs;
    this.endMs = instrument.delivery_end_timestamp ?? this.startMs;
    // An average falls between ticks.
    this.shortDecimals = decimalsOf(instrument.tick_size);
    this.decimals = this.shortDecimals + (this.hours > 1 ? 2 : 0);
    this.bid = 0;
    this.ask = 0;
    this.impliedBid = 0;
    this.impliedAsk = 0;
    this.stands(instrument);
    this.last = 0;
    this.volume = null;
    this.samples = [];
    this.trades = [];
    this.tradesSeen = 0;
  }

  // At which stage it is, and when the next one begins.
  stands({ state, next_state, next_timestamp }) {
    this.state = state;
    this.nextState = next_state ?? "";
    this.nextMs = next_timestamp ?? 0;
  }

  get termText() {
    return { D: "day", PK: "peak", OP: "off-peak", W: "week" }[this.term]
      ?? this.term.replace(/^B(\d)H(\d\d)$/, (_, hours, from) => `${from}–${String(+from + +hours).padStart(2, "0")}`);
  }

  get mid() {
    return this.bid > 0 && this.ask > 0 ? (this.bid + this.ask) / 2 : 0;
  }

  quote(bid, ask, nowMs) {
    this.bid = bid;
    this.ask = ask;
    const newest = this.samples.at(-1);
    // Within the sampling step the newest point is only corrected, so a lively book cannot fill the memory.
    if (newest && nowMs - newest.at < SAMPLE_MS) Object.assign(newest, { bid, ask });
    else this.samples.push({ at: nowMs, bid, ask });
    while (this.samples.length && this.samples[0].at < nowMs - HISTORY_MS) this.samples.shift();
  }

  ticker(data, nowMs) {
    this.last = data.last_price || this.last;
    this.volume = data.stats?.volume ?? this.volume;
    this.impliedBid = data.implied_bid_price ?? 0;
    this.impliedAsk = data.implied_ask_price ?? 0;
    this.state = data.state;
    this.quote(data.best_bid_price || 0, data.best_ask_price || 0, nowMs);
  }

  // Newest first; a trade already known (from history, then from the feed) is not counted twice.
  addTrades(trades) {
    for (const trade of trades) {
      if (this.trades.some((known) => known.trade_id === trade.trade_id)) continue;
      this.trades.push(trade);
      this.tradesSeen++;
    }
    this.trades.sort((a, b) => b.trade_seq - a.trade_seq || b.timestamp - a.timestamp);
    this.trades.length = Math.min(this.trades.length, TRADES_MAX);
    if (this.trades.length) this.last = this.trades[0].price;
  }
}

// A copy of one order book, kept from a snapshot and the changes after it.
export class Book {
  constructor() {
    this.clear();
  }

  clear() {
    this.bids = new Map();
    this.asks = new Map();
    this.changeId = null;
  }

  // False when a change was missed: the caller asks for a new snapshot.
  apply(data) {
    if (data.type === "snapshot") this.clear();
    else if (this.changeId === null) return true; // Still on its way: the snapshot that was asked for.
    else if (data.prev_change_id !== this.changeId) {
      this.clear();
      return false;
    }
    for (const [side, levels] of [[this.bids, data.bids], [this.asks, data.asks]]) {
      for (const [action, price, amount] of levels) {
        if (action === "delete") side.delete(price);
        else side.set(price, amount);
      }
    }
    this.changeId = data.change_id;
    return true;
  }

  // [price, amount, total so far], best first.
  depth(side, levels) {
    const sorted = [...this[side]].sort(side === "bids" ? (a, b) => b[0] - a[0] : (a, b) => a[0] - b[0]);
    let total = 0;
    return sorted.slice(0, levels).map(([price, amount]) => [price, amount, (total += amount)]);
  }

  best(side) {
    const prices = [...this[side].keys()];
    if (!prices.length) return 0;
    return prices.reduce((best, price) => ((side === "bids") === (price > best) ? price : best));
  }
}

// Contracts of one SKU in one region, earliest delivery first; the groups by name.
export function groupsOf(contracts) {
  const groups = new Map();
  for (const contract of [...contracts].sort((a, b) => a.startMs - b.startMs || (a.name < b.name ? -1 : 1))) {
    if (!groups.has(contract.group)) groups.set(contract.group, []);
    groups.get(contract.group).push(contract);
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}

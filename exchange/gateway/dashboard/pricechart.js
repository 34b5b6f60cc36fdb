// Bid and ask of the selected contract over the last minutes, with its trades as points.

import { byId, priceText, setHidden, setText, shape, timeText } from "./dom.js";
import { Plot, area, line, steps } from "./plot.js";

const MINUTE = 60000;
const WINDOWS = [0.5, 1, 2, 5, 15].map((minutes) => minutes * MINUTE);

export class PriceChart {
  constructor() {
    this.plot = new Plot(byId("price"), () => this.contract && this.paint(this.contract, Date.now()));
  }

  paint(contract, nowMs) {
    this.contract = contract;
    const { plot } = this;
    const oldest = contract.samples[0]?.at ?? nowMs;
    const span = WINDOWS.find((one) => nowMs - oldest <= one) ?? WINDOWS.at(-1);
    const from = nowMs - span;
    const samples = contract.samples.filter((sample) => sample.at >= from);
    const trades = contract.trades.filter((trade) => trade.timestamp >= from);
    const prices = [...samples.flatMap(({ bid, ask }) => [bid, ask]), ...trades.map((trade) => trade.price)];
    const seen = prices.filter((price) => price > 0);
    setHidden(byId("price-empty"), seen.length > 0);
    setText(byId("price-readout"), seen.length ? `last ${span < MINUTE ? "30 seconds" : span === MINUTE ? "minute" : `${span / MINUTE} minutes`}` : "");
    if (!plot.visible || !seen.length) {
      plot.clear();
      return;
    }
    const low = Math.min(...seen);
    const high = Math.max(...seen);
    const pad = Math.max((high - low) * 0.12, 10 ** -contract.decimals * 3);
    plot.range(from, nowMs, low - pad, high + pad);
    plot.axes(minutes(from, nowMs, plot.width), contract.decimals);
    this.quotes(samples, nowMs);
    this.dots(trades);
    this.tag(contract);
  }

  quotes(samples, nowMs) {
    const { plot } = this;
    const held = samples.length ? [...samples, { ...samples.at(-1), at: nowMs }] : [];
    const both = held.filter(({ bid, ask }) => bid > 0 && ask > 0);
    const corner = (side) => both.flatMap((sample, index) => {
      const y = plot.y(sample[side]);
      const point = [plot.x(sample.at), y];
      return index ? [[point[0], plot.y(both[index - 1][side])], point] : [point];
    });
    plot.path("between", both.length ? area(corner("ask"), corner("bid")) : "");
    for (const side of ["bid", "ask"]) {
      const points = held.filter((sample) => sample[side] > 0).map((sample) => [plot.x(sample.at), plot.y(sample[side])]);
      plot.path(`quote-${side}`, steps(points));
    }
  }

  dots(trades) {
    const { plot } = this;
    const largest = Math.max(1, ...trades.map((trade) => trade.amount));
    plot.layer("dots").replaceChildren(...trades.map((trade) => shape("circle", {
      class: trade.direction === "buy" ? "buy" : "sell",
      cx: plot.x(trade.timestamp).toFixed(1),
      cy: plot.y(trade.price).toFixed(1),
      r: (1.6 + 2.4 * Math.sqrt(trade.amount / largest)).toFixed(1),
    })));
  }

  // The last price, at the right edge.
  tag(contract) {
    const { plot } = this;
    const layer = plot.layer("tag");
    const price = contract.last;
    if (!(price >= plot.yMin && price <= plot.yMax)) {
      layer.replaceChildren();
      return;
    }
    const y = plot.y(price);
    layer.replaceChildren(
      shape("path", { d: line([[8, y], [plot.width - 54, y]]) }),
      shape("rect", { x: plot.width - 52, y: y - 9, width: 50, height: 18, rx: 3 }),
      shape("text", { x: plot.width - 27, y, dy: "0.35em", "text-anchor": "middle" }, priceText(price, contract.decimals)),
    );
  }
}

function minutes(from, until, width) {
  const wanted = Math.max(2, Math.floor(width / 90));
  const step = [5, 10, 15, 30, 60, 120, 180, 300].map((seconds) => seconds * 1000).find((one) => (until - from) / one <= wanted) ?? 5 * MINUTE;
  const ticks = [];
  for (let at = Math.ceil(from / step) * step; at <= until; at += step) ticks.push({ at, text: timeText(at, step < MINUTE) });
  return ticks;
}

// The forward curve of one SKU in one region, how uncertain it is, and where the market stands.

import { byId, dayText, priceText, setHidden, setText, shape, timeText } from "./dom.js";
import { Plot, area, line } from "./plot.js";

const HOUR = 3600000;

export class CurveChart {
  constructor({ onSelect }) {
    this.onSelect = onSelect;
    this.plot = new Plot(byId("forward"), () => this.state && this.paint(...this.state));
    const { svg } = this.plot;
    svg.addEventListener("pointermove", (event) => this.point(this.nearest(event.clientX)));
    svg.addEventListener("pointerleave", () => this.point(null));
    svg.addEventListener("click", (event) => {
      const contract = this.nearest(event.clientX);
      if (contract) this.onSelect(contract.name);
    });
  }

  // curve: points by contract name; contracts: the group, earliest delivery first.
  paint(curve, contracts, selected) {
    this.state = [curve, contracts, selected];
    const { plot } = this;
    const priced = contracts.filter((contract) => curve.has(contract.name));
    const traded = contracts.filter((contract) => contract.mid > 0);
    setHidden(byId("forward-empty"), priced.length + traded.length > 0);
    setText(byId("forward-empty"), `Waiting for a market maker to publish the curve of ${selected.group}.`);
    this.point(this.hovered);
    if (!plot.visible || !(priced.length + traded.length)) {
      plot.clear();
      return;
    }
    const points = priced.map((contract) => ({ at: contract.startMs, ...curve.get(contract.name) }));
    this.scale(points, traded, selected);
    this.bands(points);
    this.marks(traded, selected);
  }

  scale(points, traded, selected) {
    const prices = [
      ...points.flatMap(({ price, deviation }) => [price - 2 * deviation, price + 2 * deviation]),
      ...traded.map((contract) => contract.mid),
    ];
    const times = [...points.map((point) => point.at), ...traded.map((contract) => contract.startMs)];
    const [from, until] = [Math.min(...times), Math.max(...times)];
    const [low, high] = [Math.min(...prices), Math.max(...prices)];
    const pad = Math.max((high - low) * 0.06, 10 ** -selected.decimals * 3);
    const side = from === until ? HOUR : (until - from) * 0.015;
    this.plot.range(from - side, until + side, Math.max(0, low - pad), high + pad);
    this.plot.axes(hours(from, until, this.plot.width), Math.min(3, selected.decimals));
  }

  bands(points) {
    const { plot } = this;
    for (const width of [2, 1]) {
      const edge = (sign) => points.map(({ at, price, deviation }) => [plot.x(at), plot.y(Math.max(0, price + sign * width * deviation))]);
      plot.path(`band-${width}`, points.length > 1 ? area(edge(1), edge(-1)) : "");
    }
    plot.path("curve", line(points.map(({ at, price }) => [plot.x(at), plot.y(price)])));
  }

  marks(traded, selected) {
    const { plot } = this;
    const x = plot.x(selected.startMs).toFixed(1);
    plot.path("cursor", `M${x} 10V${plot.height - 22}`);
    plot.layer("mids").replaceChildren(...traded.map((contract) => shape("circle", {
      class: contract === selected ? "chosen" : "",
      "data-name": contract.name,
      cx: plot.x(contract.startMs).toFixed(1),
      cy: plot.y(contract.mid).toFixed(1),
      r: contract === selected ? 4.5 : 2.6,
    })));
  }

  nearest(clientX) {
    if (!this.state) return null;
    const at = this.plot.at(clientX);
    const [, contracts] = this.state;
    return contracts.reduce((best, one) => (!best || Math.abs(one.startMs - at) < Math.abs(best.startMs - at) ? one : best), null);
  }

  // What the curve and the market say of one contract: the one under the pointer, else the selected one.
  point(contract) {
    this.hovered = contract;
    if (!this.state) return;
    const [curve, , selected] = this.state;
    const shown = contract ?? selected;
    const point = curve.get(shown.name);
    const parts = contract ? [`${dayText(shown.startMs)} ${timeText(shown.startMs, false)}`] : [];
    parts.push(point ? `${point.price.toFixed(shown.decimals)} ± ${point.deviation.toFixed(shown.decimals)}` : "no curve");
    parts.push(shown.mid ? `mid ${priceText(shown.mid, shown.decimals + 1)}` : "no mid");
    setText(byId("forward-readout"), parts.join(" · "));
  }
}

function hours(from, until, width) {
  const wanted = Math.max(2, Math.floor(width / 72));
  const step = [1, 2, 3, 6, 12, 24, 48, 168].map((one) => one * HOUR).find((one) => (until - from) / one <= wanted) ?? 168 * HOUR;
  const ticks = [];
  for (let at = Math.ceil(from / step) * step; at <= until; at += step) {
    ticks.push({ at, text: at % (24 * HOUR) === 0 ? dayText(at) : timeText(at, false) });
  }
  return ticks;
}

// Python counts code points, JavaScript UTF-16 units. They differ only where a text holds characters beyond U+FFFF.
class Offsets {
  constructor(text) {
    this.units = null;
    if (!/[\uD800-\uDBFF]/.test(text)) return;
    this.units = [];
    for (let unit = 0; unit < text.length; unit += text.codePointAt(unit) > 0xffff ? 2 : 1) this.units.push(unit);
    this.units.push(text.length);
  }

  toUnit(point) { return this.units ? this.units[Math.min(point, this.units.length - 1)] : point; }

  toPoint(unit) {
    if (!this.units) return unit;
    let low = 0;
    let high = this.units.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.units[middle] <= unit) low = middle; else high = middle - 1;
    }
    return low;
  }
}

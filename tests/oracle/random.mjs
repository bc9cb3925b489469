// Random choices that a seed repeats.

export class Random {
  /** The same numbers for the same seeds, such as that of a run and the number of a case. */
  constructor(...seeds) {
    this.state = seeds.reduce((state, seed) => (Math.imul(state ^ seed, 0x9e3779b1) + 0x7f4a7c15) | 0, 0x2545f491);
    for (let round = 0; round < 4; round++) this.next();
  }

  /** A number from 0 to below 1: mulberry32. */
  next() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number from 0 to below `end`. */
  below(end) {
    return Math.floor(this.next() * end);
  }

  /** A whole number from `least` to `most`. */
  between(least, most) {
    return least + this.below(most - least + 1);
  }

  chance(share) {
    return this.next() < share;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  shuffle(list) {
    const left = [...list];
    return list.map(() => left.splice(this.below(left.length), 1)[0]);
  }

  some(list, share) {
    return list.filter(() => this.chance(share));
  }
}

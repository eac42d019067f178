/** Speaks what a telephone hears with the browser's own voices, one telephone at a time, and rings. */

const KEPT = "simulator.sound";

class Voice {
  #on = localStorage.getItem(KEPT) !== "off";
  #ringing = null;

  get on() {
    return this.#on;
  }

  switch() {
    this.#on = !this.#on;
    localStorage.setItem(KEPT, this.#on ? "on" : "off");
    if (!this.#on) this.hush();
  }

  say(text, language) {
    if (!this.#on || !("speechSynthesis" in window)) return;
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.lang = language.replace(/^cmn-CN$|^cmn-Hans-CN$/, "zh-CN") || "en-US";
    const voices = speechSynthesis.getVoices();
    utterance.voice =
      voices.find((voice) => voice.lang.replace("_", "-") === utterance.lang) ??
      voices.find((voice) => voice.lang.slice(0, 2) === utterance.lang.slice(0, 2)) ??
      null;
    speechSynthesis.speak(utterance);
  }

  hush() {
    if ("speechSynthesis" in window) speechSynthesis.cancel();
  }

  /** A short tone, as a telephone gives for a key. */
  tone(frequencies, seconds = 0.12) {
    if (!this.#on) return;
    try {
      const audio = (this.audio ??= new AudioContext());
      const gain = audio.createGain();
      gain.gain.value = 0.04;
      gain.connect(audio.destination);
      for (const frequency of frequencies) {
        const oscillator = audio.createOscillator();
        oscillator.frequency.value = frequency;
        oscillator.connect(gain);
        oscillator.start();
        oscillator.stop(audio.currentTime + seconds);
      }
    } catch {
      this.#on = false; // no sound here
    }
  }

  key(digit) {
    const at = "123456789*0#".indexOf(digit);
    if (at >= 0) this.tone([[697, 770, 852, 941][Math.floor(at / 3)], [1209, 1336, 1477][at % 3]]);
  }

  ring(on) {
    clearInterval(this.#ringing);
    this.#ringing = on ? setInterval(() => this.tone([440, 480], 0.6), 1400) : null;
  }
}

export const voice = new Voice();

/** Which subscriptions a message goes to. */
import type { Envelope } from "../core/message.js";
import type { LiveSubscription } from "./subscription.js";

/** Subscriptions of one order, by topic. */
export class Routes {
  readonly #byTopic = new Map<string, LiveSubscription[]>();
  #everyTopic: LiveSubscription[] = [];
  #isEmpty = true;

  /** All of them. */
  get all(): LiveSubscription[] {
    return [...this.#everyTopic, ...[...this.#byTopic.values()].flat()];
  }

  /** From now on it gets its messages. */
  add(subscription: LiveSubscription): void {
    const { topic } = subscription;
    this.#isEmpty = false;
    if (topic === undefined) this.#everyTopic.push(subscription);
    else {
      const others = this.#byTopic.get(topic);
      if (others === undefined) this.#byTopic.set(topic, [subscription]);
      else others.push(subscription);
    }
  }

  /** It gets no more. */
  remove(subscription: LiveSubscription): void {
    const { topic } = subscription;
    const isOther = (other: LiveSubscription) => other !== subscription;
    if (topic === undefined) this.#everyTopic = this.#everyTopic.filter(isOther);
    else {
      const others = (this.#byTopic.get(topic) ?? []).filter(isOther);
      if (others.length > 0) this.#byTopic.set(topic, others);
      else this.#byTopic.delete(topic);
    }
    this.#isEmpty = this.#everyTopic.length === 0 && this.#byTopic.size === 0;
  }

  /** Gives a message to all that want it. */
  deliver(envelope: Envelope): void {
    if (this.#isEmpty) return;
    for (const subscription of this.#everyTopic) subscription.take(envelope);
    const subscriptions = this.#byTopic.get(envelope.topic);
    if (subscriptions === undefined) return;
    for (const subscription of subscriptions) subscription.take(envelope);
  }
}

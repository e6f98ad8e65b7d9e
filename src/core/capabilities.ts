/** The capability bits of a hello. Both sides ignore those that they do not know. */

/** The sender is a seed: it takes registrations, and is nobody's neighbor. */
export const seedCapability = 1;

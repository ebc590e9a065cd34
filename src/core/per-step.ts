/**
 * A number that changes from step to step, such as the learning rate. A kernel asks for it when it runs, so a recorded program asks
 * anew at each replay; any other number is part of the recording.
 */
export type PerStep = () => number;

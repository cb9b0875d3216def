package org.blazefl4j.checkpoint;

import java.nio.file.Path;

/** A process that looks for a checkpoint in the folder given and prints why it may not. */
final class LockProgram {

    private LockProgram() {}

    public static void main(String[] args) {
        try (Checkpoints checkpoints = Checkpoints.in(Path.of(args[0]))) {
            System.out.println("found: " + checkpoints.latest());
        } catch (CheckpointException e) {
            System.out.println(e.getMessage());
        }
    }
}

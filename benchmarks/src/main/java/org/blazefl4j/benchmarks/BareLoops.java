package org.blazefl4j.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Bare loops, one process each, idle unless measured. */
final class BareLoops implements AutoCloseable {

    private final Workload.Size size;
    private final List<Loop> loops = new ArrayList<>();

    BareLoops(Workload.Size size, int count) throws IOException {
        this.size = size;
        for (int i = 0; i < count; i++) {
            loops.add(new Loop(size));
        }
        for (Loop loop : loops) {
            loop.expect("ready");
        }
    }

    /** Runs all loops at once, each with its share of the clients, and returns the sum of their rates. */
    double stepsPerSecond() throws IOException {
        int clients = size.clients() / loops.size();
        for (Loop loop : loops) {
            loop.input.println(clients);
            loop.input.flush();
        }
        double rate = 0;
        for (Loop loop : loops) {
            long nanos = Long.parseLong(loop.line());
            rate += clients * size.steps() / (nanos * 1e-9);
        }
        return rate;
    }

    @Override
    public void close() throws InterruptedException {
        for (Loop loop : loops) {
            loop.input.close();
            loop.process.waitFor();
        }
    }

    /** One bare loop: a child process with the run-time set-up that the library gives its workers. */
    private static final class Loop {

        private final Process process;
        private final PrintStream input;
        private final BufferedReader output;

        Loop(Workload.Size size) throws IOException {
            ProcessBuilder builder = new ProcessBuilder(
                    System.getProperty("java.home") + "/bin/java",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                    "-Dorg.bytedeco.javacpp.maxBytes=0",
                    "-cp",
                    System.getProperty("java.class.path"),
                    BareLoop.class.getName(),
                    size.name());
            builder.redirectError(ProcessBuilder.Redirect.INHERIT);
            process = builder.start();
            input = new PrintStream(process.getOutputStream(), false, StandardCharsets.US_ASCII);
            output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
        }

        String line() throws IOException {
            String line = output.readLine();
            if (line == null) {
                throw new IOException("bare loop ended: pid=" + process.pid());
            }
            return line;
        }

        void expect(String word) throws IOException {
            String line = line();
            if (!line.equals(word)) {
                throw new IOException("unexpected line from a bare loop: line=" + line + ", expected=" + word);
            }
        }
    }
}

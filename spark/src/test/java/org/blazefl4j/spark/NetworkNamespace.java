package org.blazefl4j.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A network of its own, joined to this machine's by a pair of virtual Ethernet devices: a second host on one machine.
 * Needs root and {@code ip}. Named after this process, so that a later one removes what a killed one left.
 */
final class NetworkNamespace implements AutoCloseable {

    private static final String PREFIX = "blazefl4j-";

    private final String name;
    private final String device;
    private final String subnet;
    private final Thread atExit = new Thread(this::remove);

    private NetworkNamespace(long pid) {
        this.name = PREFIX + pid;
        this.device = "bf" + pid;
        // of the range for such tests, RFC 2544
        this.subnet = "198.18." + (pid >> 6 & 255) + "." + (pid & 63) * 4;
    }

    /**
     * Opens this process's namespace.
     *
     * @throws IOException if that cannot be done here, such as without root
     */
    static NetworkNamespace open() throws IOException {
        removeOld();
        NetworkNamespace space = new NetworkNamespace(ProcessHandle.current().pid());
        ip("netns", "add", space.name);
        Runtime.getRuntime().addShutdownHook(space.atExit);
        try {
            space.join();
            return space;
        } catch (IOException e) {
            space.close();
            throw e;
        }
    }

    private static void removeOld() throws IOException {
        for (String line : ip("netns", "list").split("\n")) {
            String old = line.split(" ")[0];
            if (old.matches(PREFIX + "\\d+")) {
                long pid = Long.parseLong(old.substring(PREFIX.length()));
                if (ProcessHandle.of(pid).isEmpty()) {
                    new NetworkNamespace(pid).remove();
                }
            }
        }
    }

    private void join() throws IOException {
        ip("link", "add", device, "type", "veth", "peer", "name", "far", "netns", name);
        ip("address", "add", near() + "/30", "dev", device);
        ip("link", "set", device, "up");
        ip("-n", name, "address", "add", far() + "/30", "dev", "far");
        ip("-n", name, "link", "set", "far", "up");
        ip("-n", name, "link", "set", "lo", "up");
    }

    /** Returns the address of this machine. */
    String near() {
        return address(1);
    }

    /** Returns the address of the other. */
    String far() {
        return address(2);
    }

    private String address(int host) {
        int dot = subnet.lastIndexOf('.') + 1;
        return subnet.substring(0, dot) + (Integer.parseInt(subnet.substring(dot)) + host);
    }

    /** Returns how a command line begins that runs on the other host. */
    List<String> there() {
        return List.of("ip", "netns", "exec", name);
    }

    /** Pulls the cable: what either host sends gets lost. */
    void cut() throws IOException {
        ip("link", "set", device, "down");
    }

    /** Ends what runs there, and removes namespace and devices. */
    private void remove() {
        try {
            for (String pid : ip("netns", "pids", name).split("\n")) {
                if (!pid.isEmpty()) {
                    ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
                }
            }
            ip("netns", "delete", name);
            ip("link", "delete", device);
        } catch (IOException gone) {
            // the device goes with the namespace, if that was not in use
        }
    }

    @Override
    public void close() {
        remove();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }

    private static String ip(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes()).strip();
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + output);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return output;
    }
}

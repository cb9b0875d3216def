package org.blazefl4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.blazefl4j.torch.LibTorch;
import org.blazefl4j.torch.NumericEnvironment;

/** Describes the machine, and the versions of what ran. */
final class Host {

    private Host() {}

    /**
     * Returns names and values, in the order of a page.
     *
     * @param commit the commit that was measured
     */
    static Map<String, String> describe(String commit) throws IOException {
        LibTorch.tune();
        NumericEnvironment numbers = NumericEnvironment.capture();
        Map<String, String> host = new LinkedHashMap<>();
        host.put("processor", numbers.cpuModel() + ", " + numbers.cpuFeatures());
        host.put("cores", String.valueOf(Runtime.getRuntime().availableProcessors()));
        host.put("caches", numbers.cpuCaches());
        host.put("memory", memory());
        host.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        host.put("JDK", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        host.put("LibTorch", numbers.libTorch() + ", kernels " + numbers.cpuCapability());
        host.put("JavaCPP", numbers.javaCpp());
        host.put("BlazeFL4J", numbers.blazefl4j() + ", commit " + commit);
        return host;
    }

    private static String memory() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
            if (line.startsWith("MemTotal:")) {
                return Figures.number(Long.parseLong(line.replaceAll("\\D", "")) * 1024e-9) + " GB";
            }
        }
        return "unknown";
    }
}

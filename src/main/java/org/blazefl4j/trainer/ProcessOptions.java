package org.blazefl4j.trainer;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.blazefl4j.process.launch.CacheFolder;

/**
 * How worker processes are started and watched. Immutable. Nothing here changes results.
 *
 * <pre>{@code
 * ProcessOptions options = ProcessOptions.builder().jvmArguments(List.of("-Xmx2g")).build();
 * }</pre>
 */
public final class ProcessOptions {

    private final List<Path> workerClassPath;
    private final List<String> jvmArguments;
    private final Map<String, String> environment;
    private final boolean inheritJavaOptions;
    private final Duration heartbeat;
    private final WorkerOutputListener output;
    private final boolean classDataArchive;
    private final Path cacheFolder;
    private final Path crashFolder;

    private ProcessOptions(Builder builder) {
        this.workerClassPath = builder.workerClassPath;
        this.jvmArguments = builder.jvmArguments;
        this.environment = builder.environment;
        this.inheritJavaOptions = builder.inheritJavaOptions;
        this.heartbeat = builder.heartbeat;
        this.output = builder.output;
        this.classDataArchive = builder.classDataArchive;
        this.cacheFolder = builder.cacheFolder;
        this.crashFolder = builder.crashFolder;
    }

    /** The options that nobody changed; {@link Builder} lists them. */
    public static ProcessOptions defaults() {
        return builder().build();
    }

    /** A builder that holds the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that holds these options. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.workerClassPath = workerClassPath;
        builder.jvmArguments = jvmArguments;
        builder.environment = environment;
        builder.inheritJavaOptions = inheritJavaOptions;
        builder.heartbeat = heartbeat;
        builder.output = output;
        builder.classDataArchive = classDataArchive;
        builder.cacheFolder = cacheFolder;
        builder.crashFolder = crashFolder;
        return builder;
    }

    /** Class path entries of the workers ahead of those that are found. */
    public List<Path> workerClassPath() {
        return workerClassPath;
    }

    /** Further arguments of the workers' JVMs. */
    public List<String> jvmArguments() {
        return jvmArguments;
    }

    /** Further environment variables of the workers. */
    public Map<String, String> environment() {
        return environment;
    }

    /** Whether {@code JAVA_TOOL_OPTIONS}, {@code JDK_JAVA_OPTIONS} and {@code _JAVA_OPTIONS} reach the workers. */
    public boolean inheritJavaOptions() {
        return inheritJavaOptions;
    }

    /** After how long without a sign of life a worker is taken for frozen, and killed. */
    public Duration heartbeat() {
        return heartbeat;
    }

    /** What takes the workers' lines. */
    public WorkerOutputListener output() {
        return output;
    }

    /** Whether workers start from an archive of their classes, which is made the first time. */
    public boolean classDataArchive() {
        return classDataArchive;
    }

    /** Where archives are kept. */
    public Path cacheFolder() {
        return cacheFolder;
    }

    /** Where the report of a worker that crashes is written, and kept. */
    public Path crashFolder() {
        return crashFolder;
    }

    @Override
    public String toString() {
        return "ProcessOptions[workerClassPath=" + workerClassPath + ", jvmArguments=" + jvmArguments + ", environment="
                + environment + ", inheritJavaOptions=" + inheritJavaOptions + ", heartbeat=" + heartbeat
                + ", classDataArchive=" + classDataArchive + ", cacheFolder=" + cacheFolder + ", crashFolder="
                + crashFolder
                + "]";
    }

    /** Collects options; each is checked as it is set. */
    public static final class Builder {

        private static final Duration SHORTEST_HEARTBEAT = Duration.ofMillis(100);
        private static final Duration LONGEST_HEARTBEAT = Duration.ofHours(1);

        private List<Path> workerClassPath = List.of();
        private List<String> jvmArguments = List.of();
        private Map<String, String> environment = Map.of();
        private boolean inheritJavaOptions;
        private Duration heartbeat = Duration.ofSeconds(5);
        private WorkerOutputListener output = Builder::print;
        private boolean classDataArchive = true;
        private Path cacheFolder = CacheFolder.standard();
        private Path crashFolder = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();

        private Builder() {}

        private static void print(int worker, String line) {
            System.err.println("[worker " + worker + "] " + line);
        }

        /**
         * Names jars and folders that hold the workers' classes, for class loaders that do not tell where their classes
         * come from. They go ahead of those that are found.
         */
        public Builder workerClassPath(List<Path> entries) {
            this.workerClassPath = List.copyOf(entries);
            return this;
        }

        /** Further arguments of the workers' JVMs. They come after the library's own, so they win. */
        public Builder jvmArguments(List<String> arguments) {
            this.jvmArguments = List.copyOf(arguments);
            return this;
        }

        /** Further environment variables of the workers. They win over inherited ones and the library's own. */
        public Builder environment(Map<String, String> variables) {
            this.environment = Map.copyOf(variables);
            return this;
        }

        /**
         * Whether the variables that give options to every JVM, such as {@code JAVA_TOOL_OPTIONS}, reach the workers;
         * they do not unless set.
         */
        public Builder inheritJavaOptions(boolean inherit) {
            this.inheritJavaOptions = inherit;
            return this;
        }

        /**
         * After how long without a sign of life a worker is taken for frozen, and killed; five seconds unless set.
         *
         * @throws IllegalArgumentException if it is shorter than 100 ms or longer than an hour
         */
        public Builder heartbeat(Duration limit) {
            Objects.requireNonNull(limit, "heartbeat");
            if (limit.compareTo(SHORTEST_HEARTBEAT) < 0 || limit.compareTo(LONGEST_HEARTBEAT) > 0) {
                throw new IllegalArgumentException("option out of range: heartbeat=" + limit + ", limit=["
                        + SHORTEST_HEARTBEAT + ", " + LONGEST_HEARTBEAT + "]; choose a value within the limit");
            }
            this.heartbeat = limit;
            return this;
        }

        /**
         * What takes the lines that workers write; unless set they go to standard error, each after {@code [worker 1] }
         * or whichever worker it was.
         */
        public Builder output(WorkerOutputListener listener) {
            this.output = Objects.requireNonNull(listener, "output");
            return this;
        }

        /**
         * Whether workers start from an archive of their classes, about a third faster; they do unless set. The first
         * pool has a process beside it make the archive, at low priority and not beyond its own {@code close()}. There
         * is none where the workers' class path holds folders, or the cache folder cannot be written to or lies below
         * one that others may write to.
         */
        public Builder classDataArchive(boolean use) {
            this.classDataArchive = use;
            return this;
        }

        /**
         * Where archives are kept: unless set, the folder named by the system property {@code blazefl4j.cacheFolder},
         * by the environment variable {@code BLAZEFL4J_CACHE}, {@code $XDG_CACHE_HOME/blazefl4j}, or
         * {@code ~/.cache/blazefl4j}. It is made when it is needed, for this user alone. Files in it may be deleted at
         * any time; those that were long not used go by themselves. With a colon in its path it holds no archives: the
         * JVM takes such a path for two.
         */
        public Builder cacheFolder(Path folder) {
            this.cacheFolder = folder.toAbsolutePath();
            return this;
        }

        /**
         * Where the JVM of a worker that crashes writes its report, {@code blazefl4j-crash-<worker>-<pid>.log}, which
         * nobody deletes: the folder of {@code java.io.tmpdir} unless set. It need not be there until then.
         */
        public Builder crashFolder(Path folder) {
            this.crashFolder = folder.toAbsolutePath();
            return this;
        }

        /** The options. */
        public ProcessOptions build() {
            return new ProcessOptions(this);
        }
    }
}

package org.blazefl4j.trainer;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.blazefl4j.process.launch.CacheFolder;

/**
 * How worker processes are started and watched. Immutable. No option changes results.
 *
 * <pre>{@code
 * ProcessOptions options = ProcessOptions.builder().jvmArguments(List.of("-Xmx2g")).build();
 * }</pre>
 */
public final class ProcessOptions {

    private final Builder set;

    private ProcessOptions(Builder set) {
        this.set = set;
    }

    /** Returns the defaults, which {@link Builder} lists. */
    public static ProcessOptions defaults() {
        return builder().build();
    }

    /** Returns a builder with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns a builder with these options. */
    public Builder toBuilder() {
        return set.copy();
    }

    /** Returns the workers' class path entries that precede those found automatically. */
    public List<Path> workerClassPath() {
        return set.workerClassPath;
    }

    /** Returns additional arguments of the workers' JVMs. */
    public List<String> jvmArguments() {
        return set.jvmArguments;
    }

    /** Returns additional environment variables of the workers. */
    public Map<String, String> environment() {
        return set.environment;
    }

    /** Returns whether workers inherit {@code JAVA_TOOL_OPTIONS}, {@code JDK_JAVA_OPTIONS}, {@code _JAVA_OPTIONS}. */
    public boolean inheritJavaOptions() {
        return set.inheritJavaOptions;
    }

    /** Returns the time without a heartbeat after which a worker counts as frozen and is killed. */
    public Duration heartbeat() {
        return set.heartbeat;
    }

    /** Returns what receives the workers' index and line. */
    public BiConsumer<Integer, String> output() {
        return set.output;
    }

    /** Returns whether workers start from an archive of their classes. */
    public boolean classDataArchive() {
        return set.classDataArchive;
    }

    /** Returns the folder of the archives. */
    public Path cacheFolder() {
        return set.cacheFolder;
    }

    /** Returns the folder for crash reports. */
    public Path crashFolder() {
        return set.crashFolder;
    }

    @Override
    public String toString() {
        return "ProcessOptions[workerClassPath=" + workerClassPath() + ", jvmArguments=" + jvmArguments()
                + ", environment=" + environment() + ", inheritJavaOptions=" + inheritJavaOptions() + ", heartbeat="
                + heartbeat() + ", classDataArchive=" + classDataArchive() + ", cacheFolder=" + cacheFolder()
                + ", crashFolder=" + crashFolder() + "]";
    }

    /** Collects options; each is checked when it is set. */
    public static final class Builder implements Cloneable {

        private List<Path> workerClassPath = List.of();
        private List<String> jvmArguments = List.of();
        private Map<String, String> environment = Map.of();
        private boolean inheritJavaOptions;
        private Duration heartbeat = Duration.ofSeconds(5);
        private BiConsumer<Integer, String> output =
                (worker, line) -> System.err.println("[worker " + worker + "] " + line);
        private boolean classDataArchive = true;
        private Path cacheFolder = CacheFolder.standard();
        private Path crashFolder = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();

        private Builder() {}

        private Builder copy() {
            try {
                return (Builder) clone();
            } catch (CloneNotSupportedException impossible) {
                throw new AssertionError(impossible);
            }
        }

        /**
         * Sets jars and folders with the workers' classes, for class loaders that do not reveal where their classes
         * come from. They precede those found automatically.
         */
        public Builder workerClassPath(List<Path> entries) {
            this.workerClassPath = List.copyOf(entries);
            return this;
        }

        /** Sets additional arguments of the workers' JVMs. They follow the library's own and override them. */
        public Builder jvmArguments(List<String> arguments) {
            this.jvmArguments = List.copyOf(arguments);
            return this;
        }

        /** Sets environment variables of the workers, which override inherited ones and the library's own. */
        public Builder environment(Map<String, String> variables) {
            this.environment = Map.copyOf(variables);
            return this;
        }

        /** Sets whether workers inherit variables with options for every JVM; by default they do not. */
        public Builder inheritJavaOptions(boolean inherit) {
            this.inheritJavaOptions = inherit;
            return this;
        }

        /**
         * Sets the time without a heartbeat after which a worker counts as frozen and is killed; the default is five
         * seconds.
         *
         * @throws IllegalArgumentException if it is shorter than 100 ms or longer than an hour
         */
        public Builder heartbeat(Duration limit) {
            this.heartbeat = TrainerOptions.within("heartbeat", limit, Duration.ofMillis(100), Duration.ofHours(1));
            return this;
        }

        /**
         * Sets what receives each line that a worker writes to its standard output or error; the default prints it to
         * standard error, after {@code [worker 1] }.
         *
         * @param listener receives the worker's index, from 0, and the line; very long lines come in pieces. Called by
         *     several threads. While it runs, the worker cannot write much more; exceptions are logged
         */
        public Builder output(BiConsumer<Integer, String> listener) {
            this.output = Objects.requireNonNull(listener, "output");
            return this;
        }

        /**
         * Sets whether workers start from an archive of their classes, about a third faster; by default they do. A
         * process beside the first pool makes the archive, at low priority and until {@code close()} at most. None is
         * used if the workers' class path contains folders, or if the cache folder is not writable or lies below one
         * that others may write to.
         */
        public Builder classDataArchive(boolean use) {
            this.classDataArchive = use;
            return this;
        }

        /**
         * Sets the folder of the archives. The default is the system property {@code blazefl4j.cacheFolder}, the
         * environment variable {@code BLAZEFL4J_CACHE}, {@code $XDG_CACHE_HOME/blazefl4j} or
         * {@code ~/.cache/blazefl4j}, in this order. It is created when needed, accessible to this user only. Its files
         * may be deleted at any time; files that were not used for long are deleted automatically. A folder with a
         * colon in its path holds no archives, because the JVM takes it for two paths.
         */
        public Builder cacheFolder(Path folder) {
            this.cacheFolder = folder.toAbsolutePath();
            return this;
        }

        /**
         * Sets the folder in which the JVM of a crashing worker writes its report,
         * {@code blazefl4j-crash-<worker>-<pid>.log}, which the library does not delete. The default is
         * {@code java.io.tmpdir}. It need not exist before.
         */
        public Builder crashFolder(Path folder) {
            this.crashFolder = folder.toAbsolutePath();
            return this;
        }

        /** Returns the options. */
        public ProcessOptions build() {
            return new ProcessOptions(copy());
        }
    }
}

package org.blazefl4j.cli.options;

import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import java.util.logging.Logger;
import org.blazefl4j.metrics.MlflowExperiment;
import org.blazefl4j.util.Printable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options for recording runs in MLflow. */
@Command(optionListHeading = "%nTrackers%n")
public final class MlflowOptions {

    /** The value that stands for the server that the environment names; an experiment file may have it too. */
    private static final String USUAL = "true";

    /** The system property of runs that go on if MLflow cannot be used, as those of a sweep do. */
    public static final String OPTIONAL_PROPERTY = "blazefl4j.mlflowIsOptional";

    private static final System.Logger LOG = System.getLogger(MlflowOptions.class.getName());

    private static final String SERVER = "MLFLOW_TRACKING_URI";

    /** Loaded only if runs are recorded. Has a field, because the JDK forgets loggers that nobody holds. */
    private static final class ClientLog {
        static final Logger OF_CONNECTIONS = Logger.getLogger("org.mlflow_project.apachehttp");
    }

    @Option(
            names = "--mlflow",
            arity = "0..1",
            paramLabel = "URI",
            fallbackValue = USUAL,
            converter = Server.class,
            description = "Record runs in MLflow, on the server at this address, such as"
                    + " --mlflow=http://127.0.0.1:5000. Without an address: that in the environment variable " + SERVER
                    + ".")
    @Nullable
    URI server;

    @Option(
            names = "--mlflow-experiment",
            paramLabel = "NAME",
            description = "Experiment of MLflow for runs, which is made if there is none. Default: that in the"
                    + " environment variable MLFLOW_EXPERIMENT_NAME, or else blazefl4j; of a sweep, the name of its"
                    + " file.")
    @Nullable
    String experiment;

    /** Converts addresses. */
    static final class Server implements ITypeConverter<URI> {
        @Override
        @Nullable
        public URI convert(String text) {
            if (text.equals("false")) {
                return null;
            }
            String address = text.equals(USUAL) ? System.getenv(SERVER) : text;
            if (address == null) {
                throw new TypeConversionException("no address: " + SERVER
                        + "=not set, expected=the address of a server, such as --mlflow=http://127.0.0.1:5000; give it,"
                        + " or set the variable");
            }
            try {
                if (address.matches("(?i)https?://.+")) {
                    return new URI(address);
                }
            } catch (URISyntaxException e) {
                // refused below
            }
            throw new TypeConversionException("value=" + Printable.address(address)
                    + ", expected=the address of a server, such as --mlflow=http://127.0.0.1:5000; name other"
                    + " arguments before --mlflow");
        }
    }

    /** Refuses an experiment for runs that are not recorded. */
    public void check(OptionUse use) {
        use.refuseUnless(server != null, "--mlflow-experiment", "--mlflow");
    }

    /**
     * Finds or makes the experiment.
     *
     * @param usual the experiment's name if neither the options nor the environment have one
     * @return empty if runs are not recorded
     * @throws UsageException if the server does not answer or refuses, unless runs go on without it
     */
    public Optional<MlflowExperiment> open(String usual) {
        if (server == null) {
            return Optional.empty();
        }
        quietenClient();
        try {
            return Optional.of(MlflowExperiment.open(server, name(usual)));
        } catch (IllegalArgumentException e) {
            throw refusal(e);
        } catch (IllegalStateException e) {
            goOnWithout(e);
            return Optional.empty();
        }
    }

    /** Keeps what MLflow's client says of each try off the terminal, unless somebody has set up logging for it. */
    private static void quietenClient() {
        System.getProperties().putIfAbsent("slf4j.internal.verbosity", "ERROR");
        if (ClientLog.OF_CONNECTIONS.getLevel() == null) {
            ClientLog.OF_CONNECTIONS.setLevel(java.util.logging.Level.OFF);
        }
    }

    /**
     * Warns that a run is not recorded.
     *
     * @throws UsageException instead, unless {@link #OPTIONAL_PROPERTY} is set
     */
    public static void goOnWithout(IllegalStateException e) {
        UsageException refusal = refusal(e);
        if (!Boolean.getBoolean(OPTIONAL_PROPERTY)) {
            throw refusal;
        }
        LOG.log(Level.WARNING, "run is not recorded in MLflow, and goes on: {0}", refusal.getMessage());
    }

    private String name(String usual) {
        String named = System.getenv().getOrDefault("MLFLOW_EXPERIMENT_NAME", usual);
        return experiment == null ? named : experiment;
    }

    /** Returns the options for the runs of a sweep; none if they are not recorded. */
    public List<String> forRuns(String usual) {
        return server == null ? List.of() : List.of("--mlflow=" + server, "--mlflow-experiment=" + name(usual));
    }

    /** Returns the library's refusal in the words of the command line. */
    public static UsageException refusal(RuntimeException e) {
        return UsageException.insteadOf(
                e,
                String.valueOf(e.getMessage())
                        .replace(" server=", " --mlflow=")
                        .replace(" experiment=", " --mlflow-experiment="));
    }
}

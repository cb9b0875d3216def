package org.blazefl4j.architecture;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.blazefl4j.binding.Native;

/** Packages are small, and dependencies between them point one way. */
@AnalyzeClasses(packages = "org.blazefl4j", importOptions = ImportOption.DoNotIncludeTests.class)
final class PackageDirectionTest {

    private static final int MOST_FILES = 40;

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching("org.blazefl4j.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule classesOfTheEngineAreFreeOfCycles = slices().assignedFrom(
                    new OutermostClasses("org.blazefl4j.trainer", "org.blazefl4j.process", "org.blazefl4j.worker"))
            .should()
            .beFreeOfCycles();

    /** A package with more files is two rooms. */
    @ArchTest
    static void packagesHaveFewFiles(JavaClasses classes) {
        Map<String, Set<String>> files = classes.stream()
                .collect(Collectors.groupingBy(
                        JavaClass::getPackageName,
                        TreeMap::new,
                        Collectors.mapping(PackageDirectionTest::file, Collectors.toCollection(TreeSet::new))));

        assertThat(files.get("org.blazefl4j.core")).contains("package-info.java", "Simulation.java");
        assertThat(files)
                .allSatisfy((name, sources) -> assertThat(sources).as(name).hasSizeLessThanOrEqualTo(MOST_FILES));
    }

    private static String file(JavaClass type) {
        return type.getSource().orElseThrow().getFileName().orElseThrow();
    }

    @ArchTest
    static final ArchRule utilitiesKnowNothing = noneOf("util")
            .mayUse("binding", "torch", "data", "model", "codec", "shm", "core", "worker", "process", "trainer");

    @ArchTest
    static final ArchRule bindingKnowsUtilitiesAlone = noneOf("binding")
            .mayUse(
                    "torch",
                    "data",
                    "model",
                    "reproducibility",
                    "codec",
                    "shm",
                    "core",
                    "worker",
                    "process",
                    "trainer");

    @ArchTest
    static final ArchRule codecKnowsNoSharedMemory = noneOf("codec")
            .mayUse("core", "shm", "worker", "process", "trainer", "checkpoint", "contrib", "metrics", "cli");

    @ArchTest
    static final ArchRule dataAndModelsKnowNoRounds = noneOf(
                    "data", "model", "torch", "cuda", "reproducibility", "step")
            .mayUse("core", "codec", "shm", "worker", "process", "trainer", "contrib", "cli");

    @ArchTest
    static final ArchRule modelsKnowNoEngine =
            noneOf("data", "model", "torch", "reproducibility", "codec", "core").mayUse("step");

    @ArchTest
    static final ArchRule modelFilesKnowNoRounds =
            noneOf("modelfile").mayUse("core", "shm", "worker", "process", "trainer", "contrib", "metrics", "cli");

    @ArchTest
    static final ArchRule coreKnowsNoExecutionMode =
            noneOf("core").mayUse("checkpoint", "shm", "worker", "process", "trainer", "contrib", "cli");

    @ArchTest
    static final ArchRule sharedMemoryKnowsNoRounds =
            noneOf("shm").mayUse("core", "worker", "process", "trainer", "contrib", "metrics", "cli", "data", "model");

    @ArchTest
    static final ArchRule workersKnowNoExecutionMode =
            noneOf("worker").mayUse("process", "trainer", "contrib", "metrics", "checkpoint", "cli");

    @ArchTest
    static final ArchRule launchingKnowsNoPool =
            noneOf("process.launch").mayUse("trainer", "contrib", "metrics", "checkpoint", "cli");

    @ArchTest
    static final ArchRule processesKnowNoTrainers =
            noneOf("process").mayUse("trainer", "contrib", "metrics", "checkpoint", "cli");

    @ArchTest
    static final ArchRule trainersKnowNoAlgorithms = noneOf("trainer").mayUse("contrib", "metrics", "cli");

    @ArchTest
    static final ArchRule checkpointsKnowNothingOfWhatTheySave =
            noneOf("checkpoint").mayUse("trainer", "process", "worker", "contrib", "metrics", "cli");

    @ArchTest
    static final ArchRule algorithmsKnowNoCommandLine =
            noneOf("contrib", "federation", "metrics").mayUse("lab", "cli");

    @ArchTest
    static final ArchRule partsKnowNoAlgorithm =
            noneOf("federation").mayUse("contrib.fedavg", "contrib.scaffold", "contrib.dsfl");

    @ArchTest
    static final ArchRule theLabKnowsNoResultFiles =
            noneOf("lab").mayUse("worker", "process", "metrics", "checkpoint", "cli");

    @ArchTest
    static final ArchRule pagesKnowNothingOfWhatTheyShow =
            noneOf("report").mayUse("core", "data", "worker", "process", "trainer", "contrib", "lab", "cli");

    /** HdrHistogram is optional: embedders that measure nothing run without it. */
    @ArchTest
    static final ArchRule onlyTheLabAndTheCommandLineMeasureLatencies = noClasses()
            .that()
            .resideOutsideOfPackages("org.blazefl4j.lab..", "org.blazefl4j.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.HdrHistogram..", "org.blazefl4j.lab..");

    /** The excepted classes run in worker processes, which the library starts, and end them. */
    @ArchTest
    static final ArchRule onlyTheCommandLineAndWorkersEndTheirProcess = noClasses()
            .that()
            .resideOutsideOfPackage("org.blazefl4j.cli..")
            .and()
            .haveNameNotMatching("org\\.blazefl4j\\.process\\.(WorkerMain|HeartbeatThread)(\\$.*)?")
            .should()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "halt", int.class);

    @ArchTest
    static final ArchRule onlyTheCommandLineAndWorkersTakeSignalsOver = noClasses()
            .that()
            .resideOutsideOfPackage("org.blazefl4j.cli..")
            .and()
            .doNotHaveFullyQualifiedName("org.blazefl4j.process.WorkerMain") // ignores signals; its parent handles them
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("sun.misc.Signal")
            .orShould()
            .callMethod(Native.class, "ignoreSignal", int.class)
            .orShould()
            .callMethod(Runtime.class, "addShutdownHook", Thread.class);

    @ArchTest
    static final ArchRule onlyTheCommandLineAndTuningChangeTheJvm = noClasses()
            .that()
            .resideOutsideOfPackage("org.blazefl4j.cli..")
            .and()
            .haveNameNotMatching("org\\.blazefl4j\\.torch\\.LibTorch(\\$.*)?")
            .and()
            .doNotHaveFullyQualifiedName("org.blazefl4j.binding.CacheRoot") // restores the property that it sets
            .should()
            .callMethodWhere(target(owner(assignableTo(System.class)))
                    .and(target(nameMatching("set(Properties|Property|In|Out|Err)"))))
            .orShould()
            .callMethod(Locale.class, "setDefault", Locale.class)
            .orShould()
            .callMethod(TimeZone.class, "setDefault", TimeZone.class)
            .orShould()
            .callMethod(Thread.class, "setDefaultUncaughtExceptionHandler", Thread.UncaughtExceptionHandler.class);

    @ArchTest
    static final ArchRule onlyTheCommandLineWritesToStandardOutput = noClasses()
            .that()
            .resideOutsideOfPackages("org.blazefl4j.cli..", "org.blazefl4j.metrics..")
            .and()
            .doNotHaveFullyQualifiedName("org.blazefl4j.process.WorkerMain") // flushes the client's output
            .should()
            .accessField(System.class, "out");

    private static Direction noneOf(String... packages) {
        return used -> noClasses()
                .that()
                .resideInAnyPackage(named(packages))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(named(used))
                .allowEmptyShould(true);
    }

    private static String[] named(String... packages) {
        return java.util.Arrays.stream(packages)
                .map(name -> "org.blazefl4j." + name + "..")
                .toArray(String[]::new);
    }

    /** The second half of a rule. */
    private interface Direction {
        ArchRule mayUse(String... packages);
    }

    /** A slice for each class of some packages and those below them, with what is nested in it. */
    private record OutermostClasses(String... packages) implements SliceAssignment {

        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            boolean inside = Stream.of(packages).anyMatch(name -> (type.getPackageName() + ".").startsWith(name + "."));
            return inside ? SliceIdentifier.of(type.getName().split("\\$")[0]) : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
            return "classes of " + List.of(packages);
        }
    }
}

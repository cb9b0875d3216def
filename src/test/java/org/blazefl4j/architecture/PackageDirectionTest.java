package org.blazefl4j.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Arrows between packages point one way. */
@AnalyzeClasses(packages = "org.blazefl4j", importOptions = ImportOption.DoNotIncludeTests.class)
final class PackageDirectionTest {

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching("org.blazefl4j.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule coreKnowsNoExecutionMode =
            noneOf("core").mayUse("checkpoint", "trainer", "process", "shm", "contrib", "cli");

    @ArchTest
    static final ArchRule dataAndModelsKnowNoRounds = noneOf("data", "model", "torch", "reproducibility")
            .mayUse("core", "trainer", "process", "shm", "contrib", "cli");

    @ArchTest
    static final ArchRule bindingKnowsNothing = noneOf("binding")
            .mayUse("core", "torch", "data", "model", "reproducibility", "shm", "process", "trainer", "contrib", "cli");

    @ArchTest
    static final ArchRule sharedMemoryKnowsNoProcesses =
            noneOf("shm").mayUse("process", "trainer", "contrib", "metrics", "cli", "data", "model");

    @ArchTest
    static final ArchRule processesKnowNoTrainers = noneOf("process").mayUse("trainer", "contrib", "metrics", "cli");

    @ArchTest
    static final ArchRule trainersKnowNoAlgorithms = noneOf("trainer").mayUse("contrib", "metrics", "cli");

    @ArchTest
    static final ArchRule checkpointsKnowNothingOfWhatTheySave =
            noneOf("checkpoint").mayUse("trainer", "process", "contrib", "metrics", "cli");

    @ArchTest
    static final ArchRule algorithmsKnowNoCommandLine =
            noneOf("contrib", "metrics").mayUse("cli");

    @ArchTest
    static final ArchRule onlyTheCommandLineEndsTheProcess = noClasses()
            .that()
            .resideOutsideOfPackages("org.blazefl4j.cli..", "org.blazefl4j.process..")
            .should()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("sun.misc.Signal");

    @ArchTest
    static final ArchRule onlyTheCommandLineWritesToStandardOutput = noClasses()
            .that()
            .resideOutsideOfPackages("org.blazefl4j.cli..", "org.blazefl4j.metrics..")
            .and()
            .doNotHaveFullyQualifiedName("org.blazefl4j.process.WorkerMain") // flushes what a client printed
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
}

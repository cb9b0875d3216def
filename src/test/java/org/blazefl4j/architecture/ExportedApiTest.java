package org.blazefl4j.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.blazefl4j.core.Device;
import org.blazefl4j.trainer.BackEndClientTrainer;

/** Public signatures of exported types mention exported types only. */
@AnalyzeClasses(packages = "org.blazefl4j", importOptions = ImportOption.DoNotIncludeTests.class)
final class ExportedApiTest {

    private static final int MOST_TYPES = 138;

    private final Set<String> exported = exportedPackages();

    @ArchTest
    void shouldExportTypesThatUsersNeed(JavaClasses classes) {
        assertThat(exported).contains("org.blazefl4j.core", "org.blazefl4j.trainer");
        assertThat(exported)
                .doesNotContain(
                        "org.blazefl4j.binding",
                        "org.blazefl4j.codec",
                        "org.blazefl4j.shm",
                        "org.blazefl4j.worker",
                        "org.blazefl4j.process",
                        "org.blazefl4j.util",
                        "org.blazefl4j.lab",
                        "org.blazefl4j.report",
                        "org.blazefl4j.cli");
    }

    /** Users must learn every exported type, so types that they do not need are not exported. */
    @ArchTest
    void shouldExportFewTypes(JavaClasses classes) {
        Map<String, List<String>> types = classes.stream()
                .filter(type -> type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(type -> exported.contains(type.getPackageName()))
                .filter(type -> !type.isEquivalentTo(BackEndClientTrainer.class))
                .collect(Collectors.groupingBy(
                        JavaClass::getPackageName,
                        TreeMap::new,
                        Collectors.mapping(JavaClass::getSimpleName, Collectors.toList())));
        String listed = types.entrySet().stream()
                .map(each -> each.getKey() + ", " + each.getValue().size() + ": " + each.getValue())
                .collect(Collectors.joining("\n"));

        assertThat(types.values().stream().mapToInt(List::size).sum())
                .as("public types of exported packages%n%s", listed)
                .isBetween(1, MOST_TYPES);
    }

    @ArchTest
    void shouldMentionOnlyExportedTypesInPublicSignatures(JavaClasses classes) {
        fields().that(areOpenToUsers()).should(mentionExportedTypesOnly()).check(classes);
        codeUnits().that(areOpenToUsers()).should(mentionExportedTypesOnly()).check(classes);
    }

    /** Back-ends, which are not users, see more. */
    private DescribedPredicate<JavaMember> areOpenToUsers() {
        return DescribedPredicate.describe("are open to users", member -> {
            boolean visible = isVisible(member.getModifiers());
            return visible
                    && !member.getOwner().isEquivalentTo(BackEndClientTrainer.class)
                    && isVisible(member.getOwner().getModifiers())
                    && exported.contains(member.getOwner().getPackageName());
        });
    }

    private static boolean isVisible(Set<JavaModifier> modifiers) {
        return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
    }

    private ArchCondition<JavaMember> mentionExportedTypesOnly() {
        return new ArchCondition<>("mention exported types only") {
            @Override
            public void check(JavaMember member, ConditionEvents events) {
                for (JavaClass type : member.getAllInvolvedRawTypes()) {
                    if (isHidden(type.getBaseComponentType())) {
                        events.add(SimpleConditionEvent.violated(
                                member, member.getFullName() + " mentions " + type.getName()));
                    }
                }
            }
        };
    }

    private boolean isHidden(JavaClass type) {
        return type.getPackageName().startsWith("org.blazefl4j") && !exported.contains(type.getPackageName());
    }

    private static Set<String> exportedPackages() {
        try (InputStream descriptor = Files.newInputStream(Path.of(Device.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .resolve("module-info.class"))) {
            return ModuleDescriptor.read(descriptor).exports().stream()
                    .filter(exports -> !exports.isQualified()) // to back-ends
                    .map(ModuleDescriptor.Exports::source)
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException | java.net.URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}

package dev.hourglass.verify.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaAnnotation;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.properties.CanBeAnnotated;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/**
 * The rules of the house, for all code below one root package.
 *
 * @param root {@code dev.hourglass}, or that of a small house which breaks every rule
 */
record HouseRules(String root) {
  private static final String EVERYBODY = "*";

  /** Which modules a module may use; a module that is not named here is not on the map. */
  private static final Map<String, Set<String>> MAP =
      Map.of(
          "core", Set.of(),
          "protocol", Set.of(),
          "engine.llama", Set.of("core"),
          "engine.remote", Set.of("core", "protocol"),
          "store.sqlite", Set.of("core"),
          "embed.onnx", Set.of("core"),
          "server", Set.of("core", "protocol"),
          "app",
              Set.of(
                  "core",
                  "protocol",
                  "server",
                  "engine.llama",
                  "engine.remote",
                  "store.sqlite",
                  "embed.onnx"),
          "testkit", Set.of("core"),
          "verify", Set.of(EVERYBODY));

  private static final Pattern WEAK_NAME =
      Pattern.compile(".*(Managers?|Helpers?|Utils?|Utilities|Constants|Common|Impl)");

  private static final Set<String> CLOCKS_AND_DICE =
      Set.of(
          "java.lang.System.currentTimeMillis",
          "java.lang.System.nanoTime",
          "java.lang.Math.random",
          "java.time.Instant.now",
          "java.time.LocalDate.now",
          "java.time.LocalDateTime.now",
          "java.time.ZonedDateTime.now",
          "java.time.OffsetDateTime.now",
          "java.time.Clock.systemUTC",
          "java.time.Clock.systemDefaultZone",
          "java.time.InstantSource.system",
          "java.util.UUID.randomUUID",
          "java.util.concurrent.ThreadLocalRandom.current",
          "java.util.Random.<init>",
          "java.security.SecureRandom.<init>");

  private static final Set<String> SLEEPS =
      Set.of(
          "java.lang.Thread.sleep",
          "java.util.concurrent.TimeUnit.sleep",
          "java.util.concurrent.locks.LockSupport.parkNanos",
          "java.util.concurrent.locks.LockSupport.parkUntil");

  private static final Set<String> SKIPPING_ANNOTATIONS =
      Set.of("org.junit.jupiter.api.Disabled", "net.jqwik.api.Disabled");
  private static final String SKIPPING_CONDITIONS = "org.junit.jupiter.api.condition.";

  /** Rules for what is shipped. */
  Map<String, ArchRule> ofMain() {
    return Map.of(
        "modules use only what the map allows", modulesKeepToTheMap(),
        "core uses libraries that compute", coreUsesPureLibraries(),
        "core does no I/O", coreDoesNoIo(),
        "core is given time and randomness", coreIsGivenTimeAndRandomness(),
        "protocol uses Jackson only", protocolUsesJacksonOnly());
  }

  /** Rules for everything, tests included. */
  Map<String, ArchRule> ofEverything() {
    return Map.of(
        "packages are null-marked", packagesAreNullMarked(),
        "names say what a type is", namesSayWhatATypeIs(),
        "nobody sleeps", nobodySleeps(),
        "no test is skipped", noTestIsSkipped(),
        "no test is assumed away", noTestIsAssumedAway(),
        "statics hold no state", staticsHoldNoState(),
        "there are no singletons", thereAreNoSingletons());
  }

  private ArchRule modulesKeepToTheMap() {
    return classes().should(useOnlyWhatTheMapAllows());
  }

  private ArchCondition<JavaClass> useOnlyWhatTheMapAllows() {
    return new ArchCondition<>("use only the modules that the map allows") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        Optional<String> from = module(type);
        if (from.isEmpty()) {
          events.add(SimpleConditionEvent.violated(type, type.getName() + " is in no module"));
          return;
        }
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          JavaClass target = dependency.getTargetClass().getBaseComponentType();
          if (isOurs(target) && !mayUse(from.get(), module(target))) {
            events.add(SimpleConditionEvent.violated(type, dependency.getDescription()));
          }
        }
      }
    };
  }

  private static boolean mayUse(String from, Optional<String> to) {
    Set<String> allowed = MAP.getOrDefault(from, Set.of());
    return to.isPresent()
        && (from.equals(to.get()) || allowed.contains(to.get()) || allowed.contains(EVERYBODY));
  }

  private boolean isOurs(JavaClass type) {
    return type.getName().startsWith(root + ".");
  }

  private Optional<String> module(JavaClass type) {
    return MAP.keySet().stream()
        .filter(module -> type.getName().startsWith(root + "." + module + "."))
        .findFirst();
  }

  private ArchRule coreUsesPureLibraries() {
    return classes()
        .that(resideInAPackage(root + ".core.."))
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                root + ".core..",
                "java..",
                "javax.crypto..",
                "org.jspecify..",
                "org.slf4j",
                "org.hipparchus..",
                "io.github.resilience4j.circuitbreaker..",
                "io.github.resilience4j.core.."))
        .because("core decides; whatever has I/O or native code is behind a port");
  }

  private ArchRule coreDoesNoIo() {
    return noClasses()
        .that(resideInAPackage(root + ".core.."))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(
                    "java.io..",
                    "java.net..",
                    "java.nio.file..",
                    "java.nio.channels..",
                    "java.sql..")
                .or(describe("call native code", HouseRules::callsNativeCode)))
        .because("core answers from memory; adapters do what it decides");
  }

  /** Memory segments are data; a snapshot may live in one. */
  private static boolean callsNativeCode(JavaClass type) {
    return type.getName().equals("java.lang.foreign.Linker")
        || type.getName().equals("java.lang.foreign.SymbolLookup");
  }

  private ArchRule coreIsGivenTimeAndRandomness() {
    return noClasses()
        .that(resideInAPackage(root + ".core.."))
        .should()
        .accessTargetWhere(targetIsOneOf(CLOCKS_AND_DICE, "a clock or a die"))
        .because("time and randomness are injected, so that tests own them");
  }

  private ArchRule protocolUsesJacksonOnly() {
    return classes()
        .that(resideInAPackage(root + ".protocol.."))
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                root + ".protocol..", "java..", "com.fasterxml.jackson..", "org.jspecify.."))
        .because("protocol says what is on the wire and nothing else");
  }

  private ArchRule packagesAreNullMarked() {
    return classes()
        .should(
            new ArchCondition<>("be in a package that is @NullMarked") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
                  events.add(
                      SimpleConditionEvent.violated(
                          type, type.getName() + ": its package is not @NullMarked"));
                }
              }
            });
  }

  private ArchRule namesSayWhatATypeIs() {
    return noClasses()
        .should()
        .haveNameMatching(WEAK_NAME.pattern())
        .because("such a name fits anything; find the noun");
  }

  private ArchRule nobodySleeps() {
    return noClasses()
        .should()
        .accessTargetWhere(targetIsOneOf(SLEEPS, "a sleep"))
        .because("a sleep is a race that is lost on a slow machine");
  }

  private ArchRule noTestIsSkipped() {
    return noClasses()
        .should(
            new ArchCondition<>("be skipped or hold a test that is") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                Stream.concat(Stream.of(type), type.getMethods().stream())
                    .filter(HouseRules::isSkipped)
                    .forEach(skipped ->
                        events.add(
                            SimpleConditionEvent.satisfied(type, skipped + " may be skipped")));
              }
            });
  }

  private static boolean isSkipped(CanBeAnnotated part) {
    DescribedPredicate<JavaAnnotation<?>> skips =
        describe(
            "skips a test",
            annotation -> {
              String name = annotation.getRawType().getName();
              return SKIPPING_ANNOTATIONS.contains(name) || name.startsWith(SKIPPING_CONDITIONS);
            });
    return part.isAnnotatedWith(skips) || part.isMetaAnnotatedWith(skips);
  }

  private ArchRule noTestIsAssumedAway() {
    return noClasses()
        .should()
        .dependOnClassesThat(
            describe(
                "skip a test",
                type ->
                    type.getName().equals("org.junit.jupiter.api.Assumptions")
                        || type.getName().equals("org.assertj.core.api.Assumptions")
                        || type.getName().equals("org.opentest4j.TestAbortedException")))
        .because("an assumption that fails is a test that nobody misses");
  }

  private ArchRule staticsHoldNoState() {
    return noFields()
        .should(
            new ArchCondition<>("be static and hold state") {
              @Override
              public void check(JavaField field, ConditionEvents events) {
                if (holdsState(field)) {
                  events.add(
                      SimpleConditionEvent.satisfied(field, field.getFullName() + " holds state"));
                }
              }
            })
        .because("state belongs to objects that somebody made and somebody closes");
  }

  private static boolean holdsState(JavaField field) {
    return field.getModifiers().contains(JavaModifier.STATIC)
        && (!field.getModifiers().contains(JavaModifier.FINAL) || changes(field.getRawType()));
  }

  private static boolean changes(JavaClass type) {
    return type.isAssignableTo(ThreadLocal.class)
        || (type.getPackageName().startsWith("java.util.concurrent")
            && !type.isAssignableTo(Enum.class));
  }

  private ArchRule thereAreNoSingletons() {
    return noMethods()
        .that(describe("are declared", (JavaMethod method) -> true))
        .should()
        .haveName("getInstance")
        .because("Main makes things and hands them on");
  }

  private static DescribedPredicate<JavaAccess<?>> targetIsOneOf(
      Set<String> members, String description) {
    return describe(
        description + " of " + members.stream().sorted().collect(Collectors.joining(", ")),
        access ->
            members.contains(
                access.getTargetOwner().getName() + "." + access.getTarget().getName()));
  }
}

package dev.hourglass.verify.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A module of the build as the compiler left it.
 *
 * @param folder its folder below the root of the repository
 */
record CompiledModule(Path folder) {
  private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");
  private static final Pattern CLASS_FOLDER = Pattern.compile(".*/target/(test-)?classes/");

  /** Every module that the root's build file names. */
  static List<CompiledModule> allOf(Path root) throws IOException {
    List<CompiledModule> modules = new ArrayList<>();
    Matcher names = MODULE.matcher(Files.readString(root.resolve("pom.xml")));
    while (names.find()) {
      modules.add(new CompiledModule(root.resolve(names.group(1))));
    }
    return modules;
  }

  boolean hasSources(String part) throws IOException {
    return !files(folder.resolve("src").resolve(part).resolve("java"), ".java").isEmpty();
  }

  /** What the compiler made of {@code main} or {@code test}. */
  List<Path> classFiles(String part) throws IOException {
    String classFolder = part.equals("main") ? "classes" : "test-classes";
    return files(folder.resolve("target").resolve(classFolder), ".class");
  }

  /** Reads the given class files; one that cannot be read is an error, not a gap. */
  static JavaClasses read(List<Path> classFiles) {
    JavaClasses classes = new ClassFileImporter().importPaths(classFiles);
    // The main and the test code of a module each have a package-info of the same name.
    long expected = classFiles.stream().map(CompiledModule::className).distinct().count();
    if (classes.isEmpty() || classes.size() != expected) {
      throw new AssertionError(
          "classes read: " + classes.size() + " (expected: all " + expected + ", >= 1)");
    }
    return classes;
  }

  private static String className(Path classFile) {
    return CLASS_FOLDER.matcher(classFile.toString()).replaceFirst("");
  }

  private static List<Path> files(Path folder, String suffix) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(suffix)).toList();
    }
  }
}

package dev.mainstay.cli;

import dev.mainstay.cluster.ProveCertificates;
import dev.mainstay.engine.Phase;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.model.Failure;
import dev.mainstay.model.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** The JSON documents that people script against; golden tests hold their form. */
final class Json {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private static final ObjectMapper LINES = JsonMapper.builder().build();

  private Json() {}

  /** One document, with nothing before or after it but a line end. */
  static String text(Object document) {
    return MAPPER.writeValueAsString(document);
  }

  /** One document of several, on a line of its own without the line end. */
  static String line(Object document) {
    return LINES.writeValueAsString(document);
  }

  /**
   * A plan; with the results of its steps where it was applied.
   *
   * @param usual how long steps took in earlier runs, by kind
   */
  static <A> Map<String, Object> plan(
      Plan<A> plan, Map<String, Duration> usual, Map<Step<A>, StepResult> results) {
    List<Map<String, Object>> phases = new ArrayList<>();
    for (Phase<A> phase : plan.phases()) {
      List<Map<String, Object>> steps = new ArrayList<>();
      for (Step<A> step : phase.steps()) {
        steps.add(step(step, usual.get(step.kind()), results.get(step)));
      }
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("path", phase.path());
      one.put("steps", steps);
      phases.add(one);
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("changes", plan.steps().size());
    document.put("phases", phases);
    return document;
  }

  /** What became of the certificates and keys of the nodes that were there before a run. */
  static Map<String, Object> proof(ProveCertificates.Proof proof) {
    List<Map<String, Object>> all = new ArrayList<>();
    for (ProveCertificates.Fingerprint one : proof.fingerprints()) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("node", one.node());
      line.put("file", one.file());
      line.put("before", one.before());
      line.put("after", one.after());
      all.add(line);
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("compared", all.size());
    document.put(
        "changed", proof.fingerprints().stream().filter(one -> !one.isUnchanged()).count());
    document.put("unexpected", proof.violations().size());
    document.put("silent", proof.silent());
    document.put("fingerprints", all);
    return document;
  }

  /** Hosts that could not be reached are problems as well: where they are begins their message. */
  static List<Map<String, Object>> problems(List<Problem> problems, List<Failure> unreachable) {
    List<Problem> all = new ArrayList<>(problems);
    for (Failure failure : unreachable) {
      String[] parts = String.valueOf(failure.getMessage()).split(": ", 2);
      all.add(
          Problem.error(
              parts.length == 2 ? parts[0] : "", parts[parts.length - 1], failure.advice()));
    }
    return problems(all);
  }

  static List<Map<String, Object>> problems(List<Problem> problems) {
    List<Map<String, Object>> list = new ArrayList<>();
    for (Problem problem : problems) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("severity", problem.severity().word());
      one.put("where", problem.where());
      one.put("what", problem.what());
      one.put("advice", problem.advice());
      list.add(one);
    }
    return list;
  }

  private static <A> Map<String, Object> step(
      Step<A> step, @Nullable Duration usual, @Nullable StepResult result) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("id", step.id());
    one.put("node", step.node());
    one.put("reason", step.reason().name());
    one.put("what", step.what());
    one.put("disrupts", step.disrupts().word());
    if (usual != null) {
      one.put("usualSeconds", usual.toMillis() / 1000.0);
    }
    if (result != null) {
      one.put("result", result.outcome().word());
      one.put("seconds", result.elapsed().toMillis() / 1000.0);
      if (!result.detail().isEmpty()) {
        one.put("detail", result.detail());
      }
    }
    return one;
  }
}

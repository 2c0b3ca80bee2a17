package dev.mainstay.playground;

import dev.mainstay.model.Address;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A playground by hand, for work on this module: {@code NAME up|down|hosts|exec|...}. */
final class PlaygroundMain {
  private PlaygroundMain() {}

  public static void main(String[] arguments) {
    List<String> words = List.of(arguments);
    Playground playground = Playground.of(PlaygroundHome.ofUser(System.getenv()), words.getFirst());
    List<String> rest = words.subList(2, words.size());
    try {
      switch (words.get(1)) {
        case "up" ->
            playground.up(
                rest.isEmpty()
                    ? PlaygroundSpec.DEFAULT
                    : PlaygroundSpec.DEFAULT
                        .withMasters(Integer.parseInt(rest.get(0)))
                        .withWorkers(Integer.parseInt(rest.get(1))),
                new Printed());
        case "down" -> playground.down(new Printed());
        case "hosts" -> playground.hosts().forEach(System.out::println);
        case "stop" -> playground.stop(new NodeName(rest.getFirst()));
        case "start" -> playground.start(new NodeName(rest.getFirst()));
        case "cut" -> playground.cut(new NodeName(rest.getFirst()));
        case "heal" -> playground.heal(new NodeName(rest.getFirst()));
        case "remove" -> playground.remove(new NodeName(rest.getFirst()));
        case "add" -> {
          NodeName host = new NodeName(rest.get(1));
          HostOptions options =
              rest.size() > 2
                  ? HostOptions.DEFAULT.withDebian(Integer.parseInt(rest.get(2)))
                  : HostOptions.DEFAULT;
          playground.add(
              rest.getFirst().equals("master") ? Role.MASTER : Role.WORKER, host, options);
          System.out.println(playground.line(host));
        }
        case "move" -> {
          Map<NodeName, Address> to = new LinkedHashMap<>();
          for (String each : rest) {
            String[] parts = each.split("=", 2);
            to.put(new NodeName(parts[0]), new Address(parts[1]));
          }
          playground.move(to, true);
        }
        case "exec" ->
            System.exit(
                playground.exec(new NodeName(rest.getFirst()), rest.subList(1, rest.size())));
        default -> throw new PlaygroundException("what is " + words.get(1) + "?");
      }
    } catch (PlaygroundException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static final class Printed implements PlaygroundProgress {
    @Override
    public void note(String line) {
      System.out.println("... " + line);
    }

    @Override
    public void done(String part, Duration elapsed) {
      System.out.printf("%6.1f s  %s%n", elapsed.toMillis() / 1000.0, part);
    }
  }
}

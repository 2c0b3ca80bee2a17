package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.cluster.EtcdMembers.Role;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Problem;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

final class ListMembersTest {
  @Test
  void saysWhoLeadsAndHowManyCanBeLost() {
    EtcdMembers members = ListMembers.of(new FakeEtcd(3).view());
    assertThat(members.rows())
        .extracting(EtcdMembers.Row::role)
        .containsExactly(Role.LEADER, Role.VOTER, Role.VOTER);
    assertThat(members.canLose()).isEqualTo(1);
    assertThat(members.problems()).isEmpty();
    assertThat(ListMembers.of(new FakeEtcd(5).view()).canLose()).isEqualTo(2);
    assertThat(ListMembers.of(new FakeEtcd(1).view()).canLose()).isZero();
  }

  @Test
  void followersThatDoNotReachEachOtherAllNeedTheirLeader() {
    EtcdMembers members = ListMembers.of(new FakeEtcd(3).severed("m2", "m3").view());
    assertThat(members.healthy()).isEqualTo(3);
    assertThat(members.canLose()).isZero();
    assertThat(members.problems())
        .extracting(Object::toString)
        .singleElement()
        .asString()
        .startsWith("m2  its etcd and that of m3 do not reach each other");
    // and without a quorum this is why
    assertThat(
            ListMembers.of(
                    new FakeEtcd(3)
                        .dead("m1")
                        .alone("m2", 9)
                        .alone("m3", 9)
                        .severed("m2", "m3")
                        .view())
                .problems())
        .extracting(Problem::what)
        .contains("its etcd and that of m3 do not reach each other");
  }

  @Test
  void aDeadMemberIsStillAMember() {
    EtcdMembers members = ListMembers.of(new FakeEtcd(3).dead("m3").view());
    assertThat(members.rows()).hasSize(3);
    assertThat(members.rows().getLast().healthy()).isFalse();
    assertThat(members.healthy()).isEqualTo(2);
    assertThat(members.canLose()).isZero();
    assertThat(members.hasQuorum()).isTrue();
  }

  @Test
  void oneThatTakesPartInAQuorumProvesItThoughTheOthersCannotBeSeen() {
    EtcdMembers members = ListMembers.of(new FakeEtcd(3).dead("m2").dead("m3").view());
    assertThat(members.healthy()).isEqualTo(1);
    assertThat(members.hasQuorum()).isTrue();
    assertThat(members.canLose()).isZero();
  }

  @Test
  void withoutAQuorumItSaysHowManyAreLacking() {
    EtcdMembers members =
        ListMembers.of(new FakeEtcd(3).dead("m1").dead("m2").alone("m3", 1234).view());
    assertThat(members.hasQuorum()).isFalse();
    assertThat(members.canLose()).isEqualTo(-1);
    assertThat(members.problems().toString()).contains("mainstay etcd recover");
  }

  @Test
  void aRestoreThatBrokeOffIsNamedAlsoWhereNoEtcdAnswers() {
    FakeEtcd etcd = new FakeEtcd(3);
    for (String master : List.of("m1", "m2", "m3")) {
      etcd.silent(master, 99).at(master, "restore-1", "abc", EtcdFacts.Restoring.Step.STOPPED);
    }
    // once each: what is held does not answer, of course
    assertThat(ListMembers.of(etcd.view()).problems())
        .hasSize(3)
        .allMatch(problem ->
            problem.toString().contains("restore-1 did not come to its end here")
                && problem.toString().contains("mainstay etcd undo"));
  }

  @Test
  void theBestSourceOfASnapshotIsAHealthyFollower() {
    FakeEtcd etcd = new FakeEtcd(3);
    assertThat(etcd.view().sources())
        .containsExactly(etcd.node("m2"), etcd.node("m3"), etcd.node("m1"));
    // alone it has to do it itself, and without a quorum the one that came furthest
    assertThat(new FakeEtcd(3).dead("m2").dead("m3").view().sources())
        .containsExactly(etcd.node("m1"));
    assertThat(new FakeEtcd(3).alone("m1", 5).alone("m2", 9).silent("m3", 99).view().sources())
        .containsExactly(etcd.node("m2"), etcd.node("m1"));
  }

  @Test
  void aLookIsReadAsItWasPrinted() {
    String status =
        """
        [{"Endpoint":"https://127.0.0.1:2379","Status":{"header":{"cluster_id":17073375625915876709,
          "member_id":7389270422479688795,"revision":21,"raft_term":2},"version":"3.6.8","dbSize":20480,
          "raftIndex":28,"raftTerm":2,"raftAppliedIndex":27,"errors":["etcdserver: no leader"],
          "dbSizeInUse":16384}}]
        """;
    String members =
        """
        {"header":{},"members":[{"ID":7389270422479688795,"name":"m3.demo.internal",
          "peerURLs":["https://m3.demo.internal:2380"]},{"ID":5,"peerURLs":["https://10.0.0.1:2380"],
          "isLearner":true}]}
        """;
    EtcdFacts facts =
        EtcdFacts.parse(
            new NodeName("m3"),
            "stage provisioned\ncluster-id x\ndata 1\nrestore r1 abc stopped\nstatus "
                + base64(status)
                + "\nmembers "
                + base64(members)
                + "\nend ok\n");
    EtcdFacts.Status seen = facts.status().orElseThrow();
    assertThat(seen.clusterId()).isEqualTo("ecf0d0ac53874565");
    assertThat(seen.leader()).isEmpty();
    assertThat(seen.leads()).isFalse();
    assertThat(facts.revision()).hasValue(21);
    assertThat(facts.healthy()).isFalse();
    assertThat(facts.members()).hasSize(2);
    assertThat(facts.members().getLast())
        .isEqualTo(new EtcdFacts.Member("5", "", List.of("https://10.0.0.1:2380"), true));
    assertThat(facts.restore())
        .contains(new EtcdFacts.Restoring("r1", "abc", EtcdFacts.Restoring.Step.STOPPED));
    EtcdFacts down = EtcdFacts.parse(new NodeName("m3"), "data 1\nfile-revision 77\nend ok\n");
    assertThat(down.revision()).hasValue(77);
    Assertions.assertThatThrownBy(() -> EtcdFacts.parse(new NodeName("m3"), "data 1\n"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}

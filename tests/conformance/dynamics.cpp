#include "base/test/manual_clock.h"
#include "base/test/temporary_folder.h"
#include "conformance/candidate.h"
#include "crm/dynamics/connector.h"
#include "crm/odata/connector.h"
#include "crm/test/script.h"
#include "sandbox/dynamics/face.h"

#include <gtest/gtest.h>

namespace koppla::conformance {

namespace {

/// Keys are slow to make.
const sandbox::entra::Registration& registration() {
    static const auto made = *sandbox::entra::make_registration();
    return made.registration;
}

/// An environment, which is a plain OData service too.
class Environment : public Candidate {
  public:
    Environment() {
        last_name = "lastname";
        email = "emailaddress1";
        quirks = {.tells_unchanged_descriptions = true};
        services_.url = "https://127.0.0.1:8443";
        EXPECT_TRUE(org_->set_people({.client_id = registration().client_id,
                                      .app_object_id = registration().app_object_id,
                                      .username = registration().username,
                                      .user_object_id = registration().user_object_id}));
    }

    CrmConnector& connector() override { return *connector_; }
    void change(std::int64_t updates, std::int64_t deletes, std::int64_t inserts) override {
        EXPECT_TRUE(org_->change(*org_->catalog()->find("contact"),
                                 {.updates = updates, .deletes = deletes, .inserts = inserts}));
    }
    void end_sessions() override { services_.authority.grants.expire_tokens(); }
    void expire_feeds() override { EXPECT_TRUE(org_->expire_tokens()); }
    std::int64_t charged_calls() override {
        std::int64_t calls = 0;
        for (const sandbox::JournalEntry& entry : services_.journal.since(1)) {
            if (entry.cost == sandbox::JournalEntry::Cost::charged) calls += entry.calls;
        }
        return calls;
    }
    void pass(std::chrono::milliseconds time) override { clock_.advance(time); }

  protected:
    void connect(const AccountType& type, model::Settings settings, Secrets secrets) {
        connector_ = std::move(*type.connect({.settings = std::move(settings),
                                              .secrets = std::move(secrets),
                                              .client = client_,
                                              .tokens = tokens_,
                                              .clock = clock_,
                                              .account = "acme"}));
    }

    TemporaryFolder folder_;
    ManualClock clock_;
    sandbox::ShiftedClock shifted_{clock_};
    std::unique_ptr<sandbox::dynamics::Org> org_ = std::move(*sandbox::dynamics::Org::open(
        {.state = folder_ / "org.db", .records = {{"account", 50}, {"contact", contacts}}}, shifted_));
    sandbox::dynamics::Services services_{*org_, shifted_, registration()};
    sandbox::dynamics::Face face_{services_, sandbox::Control::offered};
    DirectClient client_{face_};
    test::MemoryTokens tokens_;
    std::unique_ptr<CrmConnector> connector_;
};

class Dynamics final : public Environment {
  public:
    Dynamics() {
        contact = "contact";
        connect(dynamics::account_type,
                {{"server", services_.url},
                 {"auth", "client-secret"},
                 {"client-id", registration().client_id},
                 {"page-size", "600"},
                 {"tenant", registration().tenant},
                 {"authority", services_.url}},
                {{"client-secret", Secret{registration().client_secret}}});
    }
};

class PlainService final : public Environment {
  public:
    PlainService() {
        contact = "contacts";
        quirks.tells_its_user = false;
        quirks.renews_logins = false;
        services_.authority.grants.add_token(
            "ready-token",
            {.principal = {.client_id = registration().client_id, .object_id = registration().app_object_id},
             .end = clock_.now() + std::chrono::hours{24}});
        connect(odata::account_type,
                {{"server", services_.url + "/api/data/v9.2"},
                 {"auth", "bearer"},
                 {"index-fields", "modifiedon"},
                 {"page-size", "600"}},
                {{"access-token", Secret{"ready-token"}}});
    }
};

}  // namespace

std::unique_ptr<Candidate> dynamics_365() {
    return std::make_unique<Dynamics>();
}

std::unique_ptr<Candidate> plain_odata() {
    return std::make_unique<PlainService>();
}

}  // namespace koppla::conformance

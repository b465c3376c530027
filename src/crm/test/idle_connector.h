#pragma once

#include "crm/connector.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace koppla {

/// For tests: a CRM that has nothing and does nothing; what a test is about, it takes the place of.
class IdleConnector : public CrmConnector {
  public:
    [[nodiscard]] const Abilities& abilities() const override { return able; }
    [[nodiscard]] Usage usage() const override { return {}; }
    Result<Identity> check(const Call&) override { return Identity{}; }
    Result<Instant> now(const Call&) override { return Instant{}; }
    Result<std::vector<ObjectSummary>> objects(const Call&) override { return std::vector<ObjectSummary>{}; }
    Result<std::vector<Result<Described>>> describe(std::span<const DescribeRequest>, const Call&) override {
        return std::vector<Result<Described>>{};
    }
    Result<std::vector<Sight>> look_for(std::span<const Member>, const Call&) override {
        return std::vector<Sight>{};
    }
    [[nodiscard]] Result<std::string> condition(const model::Filter&, const model::ObjectSchema&,
                                                Instant) const override {
        return std::string{};
    }
    Result<ReadPlan> plan(const ReadRequest&, const Call&) override { return ReadPlan{}; }
    Result<PartEnd> read(const ReadRequest&, const Part&, BatchSink&, const Call&) override {
        return PartEnd{};
    }

    Abilities able{};
};

}  // namespace koppla

#include "sandbox/faults/faults.h"

#include <iterator>
#include <utility>

namespace koppla::sandbox {
namespace {

/// In [0, 1); the same on every machine, unlike std::uniform_real_distribution.
double share(std::mt19937_64& chance) {
    return static_cast<double>(chance() >> 11U) * 0x1.0p-53;
}

bool changes_columns(const Fault& fault) {
    return fault.kind == FaultKind::column_gone || fault.kind == FaultKind::column_added;
}

}  // namespace

void Faults::add(std::vector<Fault> faults) {
    state_.with(
        [&](State& state) { std::move(faults.begin(), faults.end(), std::back_inserter(state.next)); });
}

void Faults::set_plan(FaultPlan plan) {
    state_.with([&](State& state) {
        state.chance.seed(plan.seed);
        state.plan = std::move(plan);
    });
}

void Faults::clear() {
    state_.with([](State& state) {
        state.stop.request_stop();
        state = State{};
    });
}

/// A stream's columns are changed once: a second fault of theirs would leave no trace.
bool Faults::can_befall(const State& state, const Fault& fault, const http::Request& request,
                        const Place& place) {
    return can_strike(fault, request, place) &&
           !(changes_columns(fault) && state.changed.contains(place.stream));
}

std::optional<Fault> Faults::take_next(State& state, const http::Request& request, const Place& place) {
    for (auto fault = state.next.begin(); fault != state.next.end(); ++fault) {
        if (!can_befall(state, *fault, request, place)) continue;
        if (fault->skip > 0) {
            --fault->skip;
            continue;
        }
        auto taken = *fault;
        if (--fault->times <= 0) state.next.erase(fault);
        return taken;
    }
    return std::nullopt;
}

std::optional<Fault> Faults::take_planned(State& state, const http::Request& request, const Place& place) {
    if (!state.plan || state.plan->times == 0) return std::nullopt;
    std::vector<const Fault*> fitting;
    for (const auto& fault : state.plan->faults)
        if (can_befall(state, fault, request, place)) fitting.push_back(&fault);
    if (fitting.empty() || share(state.chance) >= state.plan->rate) return std::nullopt;
    auto taken = *fitting[state.chance() % fitting.size()];
    taken.share = share(state.chance);
    if (state.plan->times) --*state.plan->times;
    return taken;
}

std::vector<Fault> Faults::draw(const http::Request& request, const Place& place) {
    return state_.with([&](State& state) {
        std::vector<Fault> drawn;
        if (const auto changed = state.changed.find(place.stream);
            place.is_following && changed != state.changed.end())
            drawn.push_back(changed->second);
        auto fresh = take_next(state, request, place);
        if (!fresh) fresh = take_planned(state, request, place);
        if (!fresh) return drawn;
        fresh->cleared = state.stop.get_token();
        if (changes_columns(*fresh)) state.changed.emplace(place.stream, *fresh);
        drawn.push_back(std::move(*fresh));
        return drawn;
    });
}

void Faults::record(FaultRecord record) {
    state_.with([&](State& state) {
        if (!record.fault.cleared.stop_requested()) state.done.push_back(std::move(record));
    });
}

Faults::Figures Faults::figures() {
    return state_.with([](const State& state) {
        return Figures{.next = state.next, .plan = state.plan, .done = state.done};
    });
}

}  // namespace koppla::sandbox

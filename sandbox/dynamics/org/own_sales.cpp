#include "sandbox/dynamics/org/own_parts.h"

namespace koppla::sandbox::dynamics {
namespace {

constexpr double amount_max = 1'000'000'000'000.0;
constexpr double count_max = 1'000'000'000.0;

const Choices default_value{{1, "Default Value"}};
const Choices pricing_errors{{0, "None"},
                             {1, "Detail Error"},
                             {2, "Missing Price Level"},
                             {3, "Inactive Price Level"},
                             {36, "Discount Type Invalid State"}};

Attribute part(std::string_view schema_name) {
    return money(schema_name, 0, amount_max);
}
Attribute total(std::string_view schema_name) {
    return read_only(money(schema_name, -amount_max, amount_max));
}

Attributes totals() {
    return {part("DiscountAmount"),
            part("FreightAmount"),
            decimal("DiscountPercentage", 2, 0, 100),
            total("TotalAmount"),
            total("TotalLineItemAmount"),
            total("TotalDiscountAmount"),
            total("TotalLineItemDiscountAmount"),
            total("TotalAmountLessFreight"),
            total("TotalTax")};
}

Attributes milestones() {
    return {flag("DecisionMaker"),
            flag("ConfirmInterest"),
            flag("EvaluateFit"),
            flag("DevelopProposal"),
            flag("PresentProposal"),
            flag("IdentifyCompetitors"),
            flag("IdentifyCustomerContacts"),
            flag("IdentifyPursuitTeam"),
            flag("PursuitDecision"),
            flag("CompleteFinalProposal"),
            flag("PresentFinalProposal"),
            flag("SendThankYouNote"),
            flag("FileDebrief"),
            flag("CaptureProposalFeedback"),
            flag("CompleteInternalReview"),
            flag("ResolveFeedback"),
            flag("ParticipatesInWorkflow"),
            flag("IsRevenueSystemCalculated", "System Calculated", "User Provided")};
}

Table opportunity() {
    return table(
        {.schema_name = "Opportunity",
         .set_name = "opportunities",
         .collection_label = "Opportunities",
         .object_type_code = 3},
        Attributes{
            title(required(labelled(text("Name", 300), "Topic"))),
            memo("Description"),
            memo("CurrentSituation"),
            memo("CustomerNeed"),
            memo("CustomerPainPoints"),
            memo("ProposedSolution"),
            memo("QualificationComments"),
            memo("QuoteComments"),
            text("EmailAddress", 100, "Email"),
            text("StepName", 200),
            guid("StepId"),
            labelled(customer("CustomerId"), "Potential Customer"),
            lookup("ParentAccountId", {"account"}),
            lookup("ParentContactId", {"contact"}),
            read_only(lookup("AccountId", {"account"})),
            read_only(lookup("ContactId", {"contact"})),
            lookup("OriginatingLeadId", {"lead"}),
            lookup("PriceLevelId", {"pricelevel"}),
            lookup("CampaignId", {"campaign"}),
            labelled(money("EstimatedValue", -amount_max, amount_max), "Est. Revenue"),
            labelled(money("ActualValue", -amount_max, amount_max), "Actual Revenue"),
            part("BudgetAmount"),
            labelled(whole("CloseProbability", 0, 100), "Probability"),
            labelled(day("EstimatedCloseDate"), "Est. Close Date"),
            day("ActualCloseDate"),
            day("FinalDecisionDate"),
            moment("ScheduleFollowUp_Prospect"),
            moment("ScheduleFollowUp_Qualify"),
            moment("ScheduleProposalMeeting"),
            choice("OpportunityRatingCode", {{1, "Hot"}, {2, "Warm"}, {3, "Cold"}}),
            choice("SalesStage", {{0, "Qualify"}, {1, "Develop"}, {2, "Propose"}, {3, "Close"}}),
            choice("BudgetStatus",
                   {{0, "No Committed Budget"}, {1, "May Buy"}, {2, "Can Buy"}, {3, "Will Buy"}}),
            choice("Need", {{0, "Must have"}, {1, "Should have"}, {2, "Good to have"}, {3, "No need"}}),
            choice("PurchaseProcess", {{0, "Individual"}, {1, "Committee"}, {2, "Unknown"}}),
            choice("PurchaseTimeframe", {{0, "Immediate"},
                                         {1, "This Quarter"},
                                         {2, "Next Quarter"},
                                         {3, "This Year"},
                                         {4, "Unknown"}}),
            choice("InitialCommunication", {{0, "Contacted"}, {1, "Not Contacted"}}),
            choice("TimeLine", {{0, "Immediate"},
                                {1, "This Quarter"},
                                {2, "Next Quarter"},
                                {3, "This Year"},
                                {4, "Not known"}}),
            choice("PricingErrorCode", pricing_errors),
            choice("PriorityCode", default_value),
            choice("SalesStageCode", default_value)} +
            totals() + milestones() +
            states({{0, "Open", {{1, "In Progress"}, {2, "On Hold"}}},
                    {1, "Won", {{3, "Won"}}},
                    {2, "Lost", {{4, "Canceled"}, {5, "Out-Sold"}}}}));
}

Table salesorder() {
    return table(
        {.schema_name = "SalesOrder", .set_name = "salesorders", .label = "Order", .object_type_code = 1'088},
        Attributes{
            [] {
                Attribute number = text("OrderNumber", 100);
                number.can_update = false;
                return number;
            }(),
            title(required(text("Name", 300))),
            memo("Description"),
            text("EmailAddress", 100, "Email"),
            required(labelled(customer("CustomerId"), "Potential Customer")),
            lookup("OpportunityId", {"opportunity"}),
            required(lookup("PriceLevelId", {"pricelevel"})),
            lookup("CampaignId", {"campaign"}),
            read_only(lookup("AccountId", {"account"})),
            read_only(lookup("ContactId", {"contact"})),
            moment_of_day("RequestDeliveryBy"),
            moment_of_day("DateFulfilled"),
            moment_of_day("SubmitDate"),
            whole("SubmitStatus", 0, count_max),
            memo("SubmitStatusDescription"),
            flag("IsPriceLocked"),
            flag("WillCall"),
            choice("FreightTermsCode", {{1, "FOB"}, {2, "No Charge"}}),
            choice("PaymentTermsCode", {{1, "Net 30"}, {2, "2% 10, Net 30"}, {3, "Net 45"}, {4, "Net 60"}}),
            choice("ShippingMethodCode", {{1, "Airborne"},
                                          {2, "DHL"},
                                          {3, "FedEx"},
                                          {4, "UPS"},
                                          {5, "Postal Mail"},
                                          {6, "Full Load"},
                                          {7, "Will Call"}}),
            choice("PriorityCode", default_value),
            choice("PricingErrorCode", pricing_errors)} +
            totals() + order_address("BillTo") + order_address("ShipTo") +
            Attributes{choice("ShipTo_FreightTermsCode", {{1, "FOB"}, {2, "No Charge"}})} +
            states({{0, "Active", {{1, "New"}, {2, "Pending"}, {690'970'000, "On Hold"}}},
                    {1, "Submitted", {{3, "In Progress"}}},
                    {2, "Canceled", {{4, "No Money"}}},
                    {3, "Fulfilled", {{100'001, "Complete"}, {100'002, "Partial"}}},
                    {4, "Invoiced", {{100'003, "Invoiced"}}}}),
        {key("new_OrderNumberKey", {"ordernumber"})});
}

Table salesorderdetail() {
    constexpr double quantity_max = 100'000'000'000.0;
    return table(
        {.schema_name = "SalesOrderDetail",
         .set_name = "salesorderdetails",
         .label = "Order Product",
         .object_type_code = 1'089,
         .ownership = Ownership::parent},
        Attributes{
            title(text("SalesOrderDetailName", 100)),
            required(lookup("SalesOrderId", {"salesorder"}), Requirement::system),
            lookup("ProductId", {"product"}),
            lookup("UoMId", {"uom"}),
            text("ProductDescription", 500),
            flag("IsProductOverridden", "Write-In", "Existing"),
            flag("IsPriceOverridden", "Override Price", "Use Default"),
            decimal("Quantity", 5, -quantity_max / 100, quantity_max / 100),
            money("PricePerUnit", -amount_max, amount_max),
            read_only(money("BaseAmount", -amount_max, amount_max)),
            read_only(money("ExtendedAmount", -amount_max, amount_max)),
            part("ManualDiscountAmount"),
            read_only(part("VolumeDiscountAmount")),
            money("Tax", -amount_max, amount_max),
            whole("LineItemNumber", 0, count_max),
            whole("SequenceNumber"),
            moment_of_day("RequestDeliveryBy"),
            text("ShipTo_City", 80),
            text("ShipTo_Country", 80),
            read_only(choice(
                "SalesOrderStateCode",
                {{0, "Active"}, {1, "Submitted"}, {2, "Canceled"}, {3, "Fulfilled"}, {4, "Invoiced"}}))},
        {key("new_OrderLineKey", {"salesorderid", "lineitemnumber"})});
}

Table product() {
    return table(
        {.schema_name = "Product",
         .set_name = "products",
         .object_type_code = 1'024,
         .ownership = Ownership::organization},
        Attributes{
            title(required(text("Name", 100))),
            required(text("ProductNumber", 100)),
            memo("Description"),
            labelled(part("Price"), "List Price"),
            part("CurrentCost"),
            part("StandardCost"),
            choice("ProductStructure", {{1, "Product"}, {2, "Product Family"}, {3, "Product Bundle"}}),
            choice("ProductTypeCode",
                   {{1, "Sales Inventory"}, {2, "Miscellaneous Charges"}, {3, "Services"}, {4, "Flat Fees"}}),
            whole("QuantityDecimal", 0, 5),
            decimal("QuantityOnHand", 2, 0, count_max),
            decimal("StockWeight", 2, 0, count_max),
            decimal("StockVolume", 2, 0, count_max),
            text("Size", 200),
            lookup("DefaultUoMId", {"uom"}),
            lookup("PriceLevelId", {"pricelevel"}),
            lookup("ParentProductId", {"product"}),
            text("SupplierName", 100),
            text("VendorName", 100),
            text("VendorId", 100),
            text("VendorPartNumber", 100),
            text("ProductUrl", 255, "Url"),
            moment_of_day("ValidFromDate"),
            moment_of_day("ValidToDate"),
            flag("IsKit"),
            flag("IsStockItem"),
            read_only(text("HierarchyPath", 450))} +
            states({{0, "Active", {{1, "Active"}}},
                    {1, "Retired", {{2, "Retired"}}},
                    {2, "Draft", {{0, "Draft"}}},
                    {3, "Under Revision", {{3, "Under Revision"}}}}),
        {key("new_ProductNumberKey", {"productnumber"})});
}

Table pricelevel() {
    return table(
        {.schema_name = "PriceLevel",
         .set_name = "pricelevels",
         .label = "Price List",
         .object_type_code = 1'022,
         .ownership = Ownership::organization},
        Attributes{title(required(text("Name", 100))), memo("Description"), day("BeginDate"), day("EndDate"),
                   read_only(typed(AttributeType::managed_property, "IsCustomizable"))} +
            states({{0, "Active", {{100'001, "Active"}}}, {1, "Inactive", {{100'002, "Inactive"}}}}));
}

Table uom() {
    return table({.schema_name = "UoM",
                  .set_name = "uoms",
                  .label = "Unit",
                  .object_type_code = 1'055,
                  .ownership = Ownership::organization,
                  .has_change_tracking = false},
                 {title(required(text("Name", 100))), decimal("Quantity", 5, 0, count_max)});
}

}  // namespace

std::vector<Table> sales_tables() {
    std::vector<Table> tables;
    tables.push_back(opportunity());
    tables.push_back(salesorder());
    tables.push_back(salesorderdetail());
    tables.push_back(product());
    tables.push_back(pricelevel());
    tables.push_back(uom());
    return tables;
}

}  // namespace koppla::sandbox::dynamics

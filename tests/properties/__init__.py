"""Random diagrams beside a simple model of BPMN, and random damage to files (`make properties`)."""

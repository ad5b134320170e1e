"""What happens when the network, the model or the code misbehaves: a test a fault, through a real kernel."""
